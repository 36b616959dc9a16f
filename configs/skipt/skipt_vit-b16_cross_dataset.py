"""SkipT for other datasets than the one that is trained on: 5 epochs of ImageNet.

vamp_mm train configs/skipt/skipt_vit-b16_cross_dataset.py
"""

_base_ = [
    '../_base_/models/skipt_vit-b16.py',
    '../_base_/datasets/imagenet_coop.py',
    '../_base_/schedules/skipt_cross_dataset.py',
    '../_base_/default_runtime.py',
]
protocol = 'cross-dataset'
train_dataloader = dict(batch_sampler=dict(type='OneClassBatchSampler'))
