"""Food101, 101 dishes."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/food-101', source='food101'))
test_dataloader = dict(dataset=dict(data_root='data/food-101', source='food101'))
