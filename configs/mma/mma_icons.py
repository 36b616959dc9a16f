"""MMA on the embedded icon benchmark with the embedded CLIP, base to novel.

vamp_mm train configs/mma/mma_icons.py
"""

_base_ = [
    '../_base_/models/mma_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/sgd_1.5e-3_5ep.py',
    '../_base_/default_runtime.py',
]
# six blocks a tower, and templates of drawings
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'),
    prompter=dict(template=None, adapter=dict(start=2, depth=4)),
)
train_dataloader = dict(batch_size=16)
