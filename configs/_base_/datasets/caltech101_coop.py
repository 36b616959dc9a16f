"""Caltech101, 100 classes of objects, with the training crop of CoOp's program."""

_base_ = ['./common/few_shot_224_coop.py']
train_dataloader = dict(dataset=dict(data_root='data/caltech-101', source='caltech101'))
test_dataloader = dict(dataset=dict(data_root='data/caltech-101', source='caltech101'))
