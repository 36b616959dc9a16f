"""2SFS on the embedded icon benchmark with the embedded CLIP, base to novel.

vamp_mm train configs/twosfs/twosfs_icons.py
"""

_base_ = [
    '../_base_/models/twosfs_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/twosfs.py',
    '../_base_/default_runtime.py',
]
# six blocks a tower, and templates of drawings
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'), prompter=dict(template=None)
)
# the incomplete last batch of an epoch counts too
train_dataloader = dict(batch_size=32, batch_sampler=None)
default_hooks = dict(checkpoint=dict(interval=10))
custom_hooks = [*_base_.custom_hooks, dict(type='StageHook')]
# in several processes: the weights of one stage get no gradient in the other
find_unused_parameters = True
