"""VaMP (MaPLe style) on the embedded icon benchmark with the embedded CLIP.

vamp_mm train configs/vamp/vamp_maple_icons.py
"""

_base_ = [
    '../_base_/models/vamp_maple_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/base_to_novel.py',
    '../_base_/default_runtime.py',
]
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'),
    prompter=dict(host=dict(depth=4, context='a drawing of a'), depth=4),
)
