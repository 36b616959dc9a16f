"""CoOp on Caltech101, base-to-novel: 200 epochs, batches of 32.

Settings: vit_b16_ctxv1.yaml and scripts/cocoop/base2new_train.sh of CoOp.

vamp_mm train configs/coop/coop_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/coop_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=32)
train_cfg = dict(max_epochs=200)
