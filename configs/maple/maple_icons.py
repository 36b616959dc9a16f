"""MaPLe on the embedded icon benchmark with the embedded CLIP, base to novel.

vamp_mm train configs/maple/maple_icons.py
"""

_base_ = [
    '../_base_/models/maple_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/sgd_3.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
# six blocks a tower, and templates of drawings
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'),
    prompter=dict(host=dict(depth=4, context='a drawing of a'), depth=4),
)
