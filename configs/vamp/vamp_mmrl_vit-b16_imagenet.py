"""VaMP (MMRL style) on ImageNet, base to novel, 16 shots, CLIP ViT-B/16: 5 epochs, batches of 32 images.

bash tools/dist_train.sh configs/vamp/vamp_mmrl_vit-b16_imagenet.py 1
"""

_base_ = [
    '../_base_/models/vamp_mmrl_vit-b16.py',
    '../_base_/datasets/imagenet.py',
    '../_base_/schedules/base_to_novel_imagenet.py',
    '../_base_/default_runtime.py',
]
