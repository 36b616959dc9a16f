"""MMA on ImageNet, base to novel: 5 epochs, batches of 128.

Settings: configs/trainers/MultiModalAdapter/vit_b16_ep5_imnet.yaml of MMA.

vamp_mm train configs/mma/mma_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/mma_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/sgd_1.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=128)
