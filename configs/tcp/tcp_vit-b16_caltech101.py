"""TCP on Caltech101, base-to-novel: 50 epochs, batches of 32.

Settings: vit_b16_ep100_ctxv1.yaml, train.py:136 and README.md of TCP.

vamp_mm train configs/tcp/tcp_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/tcp_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=32)
train_cfg = dict(max_epochs=50)
# eps=1e-3 is an edit of Dassl that TCP's README requires
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='Adam', lr=0.002, weight_decay=5e-4, eps=1e-3)
)
