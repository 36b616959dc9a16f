"""Caltech101, 100 classes of objects."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/caltech-101', source='caltech101'))
test_dataloader = dict(dataset=dict(data_root='data/caltech-101', source='caltech101'))
