"""EuroSAT, 10 kinds of land use seen from a satellite."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/eurosat', source='eurosat'))
test_dataloader = dict(dataset=dict(data_root='data/eurosat', source='eurosat'))
