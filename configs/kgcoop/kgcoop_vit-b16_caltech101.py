"""KgCoOp on Caltech101, base-to-novel: 100 epochs, batches of 128.

Settings: vit_b16_ep100_ctxv1.yaml and scripts/base2new_train.sh of KgCoOp.

vamp_mm train configs/kgcoop/kgcoop_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/kgcoop_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=128)
train_cfg = dict(max_epochs=100)
# the authors' log shows a squared cosine; power=1 is their present code (see README.md)
param_scheduler = dict(power=2.0)
