"""PromptSRC on all classes of a dataset, 50 epochs.

mean=30, std=30 as here for ImageNet, Caltech101, OxfordPets, Food101, UCF101 and SUN397; with --dataset mean=45, std=5 for
the others.

vamp_mm train configs/promptsrc/promptsrc_vit-b16_few_shot.py
"""

_base_ = [
    '../_base_/models/promptsrc_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/sgd_2.5e-3_50ep.py',
    '../_base_/default_runtime.py',
]
protocol = 'few-shot'
custom_hooks = [*_base_.custom_hooks, dict(type='GaussianAverageHook', mean=30.0, std=30.0)]
