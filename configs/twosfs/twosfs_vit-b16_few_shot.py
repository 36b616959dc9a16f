"""2SFS on all classes of a dataset: 300 iterations for each shot, here 16 shots.

With --shots K it is 300 K iterations.

Settings: main.py of 2SFS, the same for every protocol.

vamp_mm train configs/twosfs/twosfs_vit-b16_few_shot.py
"""

_base_ = './twosfs_vit-b16_caltech101.py'
protocol = 'few-shot'
