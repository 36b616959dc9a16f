"""ProGrad on ImageNet, base-to-novel: 50 epochs, batches of 32.

Settings: rn50_ep50.yaml of ProGrad and scripts/base2new_*_prograd.sh of its authors, who take 4 shots and ResNet-50.

vamp_mm train configs/prograd/prograd_vit-b16_imagenet.py
"""

_base_ = [
    '../_base_/models/prograd_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=32)
train_cfg = dict(max_epochs=50)
optim_wrapper = dict(type='ProjectedGradientOptimWrapper', strength=1.0)
