"""MMRL++ on ImageNet, base to novel and few-shot: 5 epochs.

vamp_mm train configs/mmrlpp/mmrlpp_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/mmrlpp_vit-b16.py',
    '../_base_/datasets/imagenet.py',
    '../_base_/schedules/mmrl_imagenet.py',
    '../_base_/default_runtime.py',
]
model = dict(prompter=dict(host=dict(blend=0.9)), head=dict(consistency=0.2))
train_dataloader = dict(batch_size=32)
