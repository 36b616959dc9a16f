"""ProGrad on all classes of Caltech101 with CLIP ResNet-50, 16 shots: 200 epochs, batches of 32.

Settings: rn50.yaml of ProGrad (rn50_ep50.yaml for 1 shot, rn50_ep100.yaml for 2 and 4).

vamp_mm train configs/prograd/prograd_rn50_caltech101.py
"""

_base_ = './prograd_vit-b16_few_shot.py'
model = dict(backbone=dict(arch='RN50'))
train_dataloader = dict(dataset=dict(class_split='all'))
test_cfg = dict(splits=dict(_delete_=True, all=dict(seen=True, dataset=dict(class_split='all'))))
