"""VPT deep on the embedded icon benchmark with the embedded CLIP, base to novel.

vamp_mm train configs/vpt/vpt_deep_icons.py
"""

_base_ = [
    '../_base_/models/vpt_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/sgd_2.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
# six blocks a tower, and templates of drawings
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'),
    prompter=dict(vision_depth=6, context='a drawing of a'),
)
