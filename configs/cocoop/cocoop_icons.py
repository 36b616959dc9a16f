"""CoCoOp on the icon benchmark, with the embedded CLIP, base-to-novel: 10 epochs, batches of 1.

Settings: vit_b16_c4_ep10_batch1_ctxv1.yaml of CoOp.

vamp_mm train configs/cocoop/cocoop_icons.py
"""

_base_ = [
    '../_base_/models/cocoop_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
model = dict(backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'))
train_dataloader = dict(batch_size=1)
train_cfg = dict(max_epochs=10)
