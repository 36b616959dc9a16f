"""Zero-shot CLIP ViT-B/16 on your own images, all classes: what any training has to beat.

vamp_mm test configs/clip/clip_vit-b16_own_images.py none --dataset PATH
"""

_base_ = [
    '../_base_/models/clip_vit-b16.py',
    '../_base_/datasets/own_images.py',
    '../_base_/schedules/base_to_novel.py',
    '../_base_/default_runtime.py',
]
protocol = 'few-shot'
