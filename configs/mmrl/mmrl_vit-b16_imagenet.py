"""MMRL on ImageNet, base to novel and few-shot: 5 epochs.

vamp_mm train configs/mmrl/mmrl_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/mmrl_vit-b16.py',
    '../_base_/datasets/imagenet.py',
    '../_base_/schedules/mmrl_imagenet.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=32)
