"""Zero-shot CLIP with an ensemble of templates on Caltech101, base and novel.

vamp_mm test configs/clip/clip_ensemble_vit-b16_caltech101.py none
"""

_base_ = [
    '../_base_/models/clip_ensemble_vit-b16.py',
    '../_base_/datasets/caltech101.py',
    '../_base_/schedules/base_to_novel.py',
    '../_base_/default_runtime.py',
]
