"""IVLP on ImageNet, base-to-novel: 5 epochs, batches of 4.

Settings: configs/trainers/IVLP/vit_b16_c2_ep5_batch4_2+2ctx.yaml of MaPLe, as for the other datasets.

vamp_mm train configs/ivlp/ivlp_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/ivlp_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/sgd_3.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
