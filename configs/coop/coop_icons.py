"""CoOp on the icon benchmark, with the embedded CLIP, base-to-novel: 200 epochs, batches of 32.

Settings: vit_b16_ctxv1.yaml and scripts/cocoop/base2new_train.sh of CoOp.

vamp_mm train configs/coop/coop_icons.py
"""

_base_ = [
    '../_base_/models/coop_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
model = dict(backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'))
train_dataloader = dict(batch_size=32)
train_cfg = dict(max_epochs=200)
