"""MMA on Caltech101, base to novel, 16 shots, CLIP ViT-B/16.

vamp_mm train configs/mma/mma_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/mma_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/sgd_1.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=16)
