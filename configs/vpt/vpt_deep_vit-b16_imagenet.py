"""VPT deep on ImageNet, base-to-novel: 5 epochs, batches of 4.

Settings: configs/trainers/VPT/vit_b16_c2_ep5_batch4_4.yaml of MaPLe, as for the other datasets.

vamp_mm train configs/vpt/vpt_deep_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/vpt_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/sgd_2.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
