"""CoCoOp for other datasets than the one that is trained on: all of ImageNet, 10 epochs, batches of 1.

Settings: vit_b16_c4_ep10_batch1_ctxv1.yaml and scripts/cocoop/xd_train.sh of CoOp, as for ImageNet itself.

vamp_mm train configs/cocoop/cocoop_vit-b16_cross_dataset.py
"""

_base_ = './cocoop_vit-b16_imagenet.py'
protocol = 'cross-dataset'
