"""CoOp for other datasets than the one that is trained on: all of ImageNet, 50 epochs, batches of 32.

Settings: vit_b16_ep50_ctxv1.yaml and scripts/cocoop/xd_train.sh of CoOp, as for ImageNet itself.
CoOp's own paper tests domain generalisation with 16 random words (scripts/coop/eval.sh):
--cfg-options model.prompter.num_tokens=16 model.prompter.context=None.

vamp_mm train configs/coop/coop_vit-b16_cross_dataset.py
"""

_base_ = './coop_vit-b16_imagenet.py'
protocol = 'cross-dataset'
