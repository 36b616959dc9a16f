"""CoOp on ImageNet, base-to-novel: 'a photo of a', 50 epochs, batches of 32.

Settings: vit_b16_ep50_ctxv1.yaml of CoOp. With --protocol few-shot the words are 16 random ones (vit_b16_ep50.yaml).

vamp_mm train configs/coop/coop_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/coop_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=32)
train_cfg = dict(max_epochs=50)
