"""VPT shallow on Caltech101, base to novel, 16 shots, CLIP ViT-B/16.

vamp_mm train configs/vpt/vpt_shallow_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/vpt_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/sgd_2.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
run = dict(method='vpt_shallow')
model = dict(prompter=dict(vision_tokens=2, vision_depth=1))
