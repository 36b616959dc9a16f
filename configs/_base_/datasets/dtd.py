"""DTD, 47 textures."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/dtd', source='dtd'))
test_dataloader = dict(dataset=dict(data_root='data/dtd', source='dtd'))
