"""SUN397, 397 scenes."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/sun397', source='sun397'))
test_dataloader = dict(dataset=dict(data_root='data/sun397', source='sun397'))
