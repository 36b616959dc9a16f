"""MMRL on the embedded icon benchmark with the embedded CLIP, base to novel.

vamp_mm train configs/mmrl/mmrl_icons.py
"""

_base_ = [
    '../_base_/models/mmrl_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/mmrl_base_to_novel.py',
    '../_base_/default_runtime.py',
]
# six blocks a tower, and templates of drawings
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'),
    prompter=dict(host=dict(start=3, depth=3), start=3, depth=3),
    head=dict(logit_scale=None),
)
