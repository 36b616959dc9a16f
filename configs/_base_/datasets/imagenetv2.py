"""ImageNetV2 (matched frequency), 1000 classes, for testing only."""

_base_ = ['./common/test_224.py']
test_dataloader = dict(dataset=dict(data_root='data/imagenetv2', source='imagenetv2'))
