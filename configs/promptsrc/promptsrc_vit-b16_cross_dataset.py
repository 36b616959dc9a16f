"""PromptSRC for other datasets than the one that is trained on: 3 blocks, 20 epochs of ImageNet.

vamp_mm train configs/promptsrc/promptsrc_vit-b16_cross_dataset.py
"""

_base_ = [
    '../_base_/models/promptsrc_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/sgd_2.5e-3_20ep.py',
    '../_base_/default_runtime.py',
]
protocol = 'cross-dataset'
model = dict(prompter=dict(vision_depth=3, text_depth=3))
custom_hooks = [*_base_.custom_hooks, dict(type='GaussianAverageHook', mean=6.0, std=10.0)]
