"""MMRL for other datasets than the one that is trained on: one epoch of ImageNet.

vamp_mm train configs/mmrl/mmrl_vit-b16_cross_dataset.py
"""

_base_ = [
    '../_base_/models/mmrl_vit-b16.py',
    '../_base_/datasets/imagenet.py',
    '../_base_/schedules/mmrl_cross_dataset.py',
    '../_base_/default_runtime.py',
]
protocol = 'cross-dataset'
model = dict(head=dict(consistency=0.2))
train_dataloader = dict(batch_size=32)
