"""2SFS on Caltech101, base to novel, 16 shots, CLIP ViT-B/16.

vamp_mm train configs/twosfs/twosfs_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/twosfs_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/twosfs.py',
    '../_base_/default_runtime.py',
]
# the incomplete last batch of an epoch counts too
train_dataloader = dict(batch_size=32, batch_sampler=None)
default_hooks = dict(checkpoint=dict(interval=10))
custom_hooks = [*_base_.custom_hooks, dict(type='StageHook')]
# in several processes: the weights of one stage get no gradient in the other
find_unused_parameters = True
