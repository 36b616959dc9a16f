"""SkipT on all classes of a dataset: 40 epochs.

vamp_mm train configs/skipt/skipt_vit-b16_few_shot.py
"""

_base_ = [
    '../_base_/models/skipt_vit-b16.py',
    '../_base_/datasets/caltech101_coop.py',
    '../_base_/schedules/skipt_few_shot.py',
    '../_base_/default_runtime.py',
]
protocol = 'few-shot'
model = dict(
    prompter=dict(template='itap of a {}.'),
    teacher=dict(type='TextTeacher', templates=['itap of a {}.']),
)
train_dataloader = dict(batch_sampler=dict(type='OneClassBatchSampler'))
