"""PromptSRC on the embedded icon benchmark with the embedded CLIP, base to novel.

vamp_mm train configs/promptsrc/promptsrc_icons.py
"""

_base_ = [
    '../_base_/models/promptsrc_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/sgd_2.5e-3_20ep.py',
    '../_base_/default_runtime.py',
]
# six blocks a tower, and templates of drawings
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'),
    prompter=dict(vision_depth=4, text_depth=4, context='a drawing of a'),
)
custom_hooks = [*_base_.custom_hooks, dict(type='GaussianAverageHook', mean=15.0, std=1.0)]
