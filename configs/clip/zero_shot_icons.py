"""Zero-shot embedded CLIP on the icon benchmark, base and novel.

vamp_mm test configs/clip/zero_shot_icons.py none
"""

_base_ = [
    '../_base_/models/clip_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/base_to_novel.py',
    '../_base_/default_runtime.py',
]
model = dict(backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'))
