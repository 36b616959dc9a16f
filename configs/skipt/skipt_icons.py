"""SkipT on the embedded icon benchmark with the embedded CLIP, base to novel.

vamp_mm train configs/skipt/skipt_icons.py
"""

_base_ = [
    '../_base_/models/skipt_vit-b16.py',
    '../_base_/datasets/icons.py',
    '../_base_/schedules/skipt_base_to_novel.py',
    '../_base_/default_runtime.py',
]
# six blocks a tower, and templates of drawings
model = dict(
    backbone=dict(arch='ViT-Ti-16-64-icons', pretrained='embedded'),
    prompter=dict(adapter=dict(vision_start=3, text_start=3)),
)
train_dataloader = dict(batch_sampler=dict(type='OneClassBatchSampler'))
