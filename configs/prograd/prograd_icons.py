"""ProGrad on the icon benchmark, with the embedded CLIP, base-to-novel: 100 epochs, batches of 32.

Settings: rn50_ep100.yaml of ProGrad and scripts/base2new_*_prograd.sh of its authors.

vamp_mm train configs/prograd/prograd_icons.py
"""

_base_ = [
    '../_base_/models/prograd_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
model = dict(backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'))
train_dataloader = dict(batch_size=32)
train_cfg = dict(max_epochs=100)
optim_wrapper = dict(type='ProjectedGradientOptimWrapper', strength=1.0)
