"""ImageNet-A, 200 classes of ImageNet, for testing only."""

_base_ = ['./common/test_224.py']
test_dataloader = dict(dataset=dict(data_root='data/imagenet-adversarial', source='imagenet_a'))
