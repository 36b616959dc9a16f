"""ProGrad on Caltech101, base-to-novel: 100 epochs, batches of 32.

Settings: rn50_ep100.yaml of ProGrad and scripts/base2new_*_prograd.sh of its authors.

vamp_mm train configs/prograd/prograd_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/prograd_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=32)
train_cfg = dict(max_epochs=100)
optim_wrapper = dict(type='ProjectedGradientOptimWrapper', strength=1.0)
