"""CoOp on all classes of Caltech101 with CLIP ResNet-50, 16 shots: 16 random words, 200 epochs, batches of 32.

Settings: rn50.yaml, COOP.md and scripts/coop/main.sh of CoOp (50 epochs for 1 shot, 100 for 2 and 4).

vamp_mm train configs/coop/coop_rn50_caltech101.py
"""

_base_ = [
    '../_base_/models/coop_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/coop_sgd.py',
    '../_base_/default_runtime.py',
]
model = dict(
    backbone=dict(arch='RN50'),
    prompter=dict(num_tokens=16, context=None, position='end', num_classes=None),
)
train_dataloader = dict(batch_size=32, dataset=dict(class_split='all'))
test_cfg = dict(splits=dict(_delete_=True, all=dict(seen=True, dataset=dict(class_split='all'))))
train_cfg = dict(max_epochs=200)
