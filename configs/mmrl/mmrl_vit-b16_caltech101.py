"""MMRL on Caltech101, base to novel, 16 shots, CLIP ViT-B/16.

vamp_mm train configs/mmrl/mmrl_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/mmrl_vit-b16.py',
    '../_base_/datasets/caltech101.py',
    '../_base_/schedules/mmrl_base_to_novel.py',
    '../_base_/default_runtime.py',
]
