"""VaMP (MMRL style), one epoch on all classes of ImageNet, for tests on other datasets.

The weight of the cosine terms, batch size and missing warm-up are MMRL's.

vamp_mm train configs/vamp/vamp_mmrl_vit-b16_cross_dataset.py
vamp_mm train configs/vamp/vamp_mmrl_vit-b16_cross_dataset.py --protocol domain-generalization
"""

_base_ = [
    '../_base_/models/vamp_mmrl_vit-b16.py',
    '../_base_/datasets/imagenet.py',
    '../_base_/schedules/cross_dataset.py',
    '../_base_/default_runtime.py',
]
protocol = 'cross-dataset'
model = dict(head=dict(consistency=0.2))
