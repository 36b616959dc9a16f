"""MaPLe on Caltech101, base to novel, 16 shots, CLIP ViT-B/16.

vamp_mm train configs/maple/maple_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/maple_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/sgd_3.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
