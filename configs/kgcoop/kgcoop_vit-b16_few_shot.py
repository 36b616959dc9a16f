"""KgCoOp on all classes of a dataset, ImageNet included: 100 epochs, batches of 128. The authors publish 4 shots.

Settings: vit_b16_ep100_ctxv1.yaml and scripts/xd_train.sh of KgCoOp, which despite its name is this protocol.

vamp_mm train configs/kgcoop/kgcoop_vit-b16_few_shot.py --shots 4
"""

_base_ = './kgcoop_vit-b16_caltech101.py'
protocol = 'few-shot'
