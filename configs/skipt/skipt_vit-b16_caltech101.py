"""SkipT on Caltech101, base to novel, 16 shots, CLIP ViT-B/16.

vamp_mm train configs/skipt/skipt_vit-b16_caltech101.py
"""

_base_ = [
    '../_base_/models/skipt_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/skipt_base_to_novel.py',
    '../_base_/default_runtime.py',
]
model = dict(
    prompter=dict(template='itap of a {}.'),
    teacher=dict(type='TextTeacher', templates=['itap of a {}.']),
)
train_dataloader = dict(batch_sampler=dict(type='OneClassBatchSampler'))
