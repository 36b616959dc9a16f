"""KgCoOp on ImageNet, base-to-novel and few-shot: 100 epochs, batches of 128.

Settings: vit_b16_ep100_ctxv1.yaml and scripts/base2new_train.sh of KgCoOp, as for the other datasets.

vamp_mm train configs/kgcoop/kgcoop_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/kgcoop_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=128)
train_cfg = dict(max_epochs=100)
# as in kgcoop_vit-b16_caltech101.py
param_scheduler = dict(power=2.0)
