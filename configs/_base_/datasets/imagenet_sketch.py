"""ImageNet-Sketch, 1000 classes, for testing only."""

_base_ = ['./common/test_224.py']
test_dataloader = dict(dataset=dict(data_root='data/imagenet-sketch', source='imagenet_sketch'))
