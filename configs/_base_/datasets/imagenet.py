"""ImageNet, 1000 classes. Batches of 32 images follow VaMP."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(batch_size=32, dataset=dict(data_root='data/imagenet', source='imagenet'))
test_dataloader = dict(dataset=dict(data_root='data/imagenet', source='imagenet'))
