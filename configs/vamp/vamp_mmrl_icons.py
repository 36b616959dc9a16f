"""VaMP (MMRL style) on the embedded icon benchmark with the embedded CLIP: the quickstart.

vamp_mm train configs/vamp/vamp_mmrl_icons.py
"""

_base_ = [
    '../_base_/models/vamp_mmrl_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/base_to_novel.py',
    '../_base_/default_runtime.py',
]
# six blocks a tower: the upper half is prompted
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'),
    prompter=dict(host=dict(start=3, depth=3), start=3, depth=3),
)
