"""MMRL++ on all classes of a dataset (with --dataset imagenet 5 epochs instead of 100).

vamp_mm train configs/mmrlpp/mmrlpp_vit-b16_few_shot.py
"""

_base_ = [
    '../_base_/models/mmrlpp_vit-b16.py',
    '../_base_/datasets/caltech101.py',
    '../_base_/schedules/mmrlpp_few_shot.py',
    '../_base_/default_runtime.py',
]
protocol = 'few-shot'
model = dict(prompter=dict(host=dict(blend=0.6)), head=dict(consistency=3.0))
train_dataloader = dict(batch_size=32)
