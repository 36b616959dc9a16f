"""2SFS on ImageNet, base to novel and few-shot: 300 iterations for each shot, here 16 shots.

Settings: main.py of 2SFS, the same for every dataset.

vamp_mm train configs/twosfs/twosfs_vit-b16_imagenet.py
"""

_base_ = './twosfs_vit-b16_caltech101.py'
train_dataloader = dict(dataset=dict(data_root='data/imagenet', source='imagenet'))
test_dataloader = dict(dataset=dict(data_root='data/imagenet', source='imagenet'))
