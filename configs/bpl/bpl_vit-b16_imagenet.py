"""Bayesian Prompt Learning on ImageNet, base-to-novel: 10 samples, 10 epochs, batches of 1.

Settings: vit_b16_c4_ep10_batch1_ctxv1.yaml and VPT.md of Bayesian-Prompt-Learning.

vamp_mm train configs/bpl/bpl_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/bpl_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
model = dict(prompter=dict(shift=dict(train_samples=10, test_samples=10)))
train_dataloader = dict(batch_size=1)
train_cfg = dict(max_epochs=10)
