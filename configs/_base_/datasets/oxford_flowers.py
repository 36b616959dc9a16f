"""Flowers102, 102 flowers."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/oxford_flowers', source='oxford_flowers'))
test_dataloader = dict(dataset=dict(data_root='data/oxford_flowers', source='oxford_flowers'))
