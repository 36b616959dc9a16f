"""MaPLe for other datasets than the one that is trained on: 3 blocks, 2 epochs of ImageNet.

vamp_mm train configs/maple/maple_vit-b16_cross_dataset.py
"""

_base_ = [
    '../_base_/models/maple_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/sgd_2.6e-3_2ep.py',
    '../_base_/default_runtime.py',
]
protocol = 'cross-dataset'
model = dict(prompter=dict(host=dict(depth=3), depth=3))
