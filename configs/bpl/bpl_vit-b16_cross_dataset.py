"""Bayesian Prompt Learning for other datasets than the one that is trained on: all of ImageNet, 10 samples, 10 epochs.

Settings: VPT.md:97-126 and scripts/vpt/xd_train.sh of Bayesian-Prompt-Learning, as for ImageNet itself.

vamp_mm train configs/bpl/bpl_vit-b16_cross_dataset.py
"""

_base_ = './bpl_vit-b16_imagenet.py'
protocol = 'cross-dataset'
