"""VaMP (MMRL style) on your own images, all classes, CLIP ViT-B/16: 50 epochs, batches of 32, as its few-shot learning.

vamp_mm train configs/vamp/vamp_mmrl_vit-b16_own_images.py --dataset PATH --shots 16
"""

_base_ = [
    '../_base_/models/vamp_mmrl_vit-b16.py',
    '../_base_/datasets/own_images.py',
    '../_base_/schedules/few_shot.py',
    '../_base_/default_runtime.py',
]
protocol = 'few-shot'
train_dataloader = dict(batch_size=32)
