"""MMRL on all classes of a dataset (with --dataset imagenet 5 epochs instead of 50).

vamp_mm train configs/mmrl/mmrl_vit-b16_few_shot.py
"""

_base_ = [
    '../_base_/models/mmrl_vit-b16.py',
    '../_base_/datasets/caltech101.py',
    '../_base_/schedules/mmrl_few_shot.py',
    '../_base_/default_runtime.py',
]
protocol = 'few-shot'
train_dataloader = dict(batch_size=32)
