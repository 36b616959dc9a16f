"""TCP on ImageNet, base-to-novel: 25 epochs, batches of 32.

Settings: vit_b16_ep100_ctxv1.yaml, train.py:136 and README.md of TCP.

vamp_mm train configs/tcp/tcp_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/tcp_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=32)
train_cfg = dict(max_epochs=25)
# as in tcp_vit-b16_caltech101.py
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='Adam', lr=0.002, weight_decay=5e-4, eps=1e-3)
)
