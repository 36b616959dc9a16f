"""Deep language prompting on ImageNet, base-to-novel: 5 epochs, batches of 4.

Settings: configs/trainers/IVLP/..._4ctx_language_only.yaml of MaPLe, as for the other datasets.

vamp_mm train configs/ivlp/language_prompting_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/ivlp_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/sgd_2.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
run = dict(method='language_prompting')
model = dict(prompter=dict(vision_depth=0, text_tokens=4))
