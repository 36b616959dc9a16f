"""PromptSRC on Caltech101, base to novel, 16 shots, CLIP ViT-B/16.

vamp_mm train configs/promptsrc/promptsrc_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/promptsrc_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/sgd_2.5e-3_20ep.py',
    '../_base_/default_runtime.py',
]
custom_hooks = [*_base_.custom_hooks, dict(type='GaussianAverageHook', mean=15.0, std=1.0)]
