"""ProDA on Caltech101, base-to-novel: 100 epochs, batches of 4.

Settings: third-party ports of ProDA; the paper gives neither batch size nor warm-up.

vamp_mm train configs/proda/proda_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/proda_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=4)
train_cfg = dict(max_epochs=100)
optim_wrapper = dict(optimizer=dict(lr=0.001))
