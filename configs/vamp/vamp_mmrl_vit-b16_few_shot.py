"""VaMP (MMRL style), few-shot learning on all classes, CLIP ViT-B/16: 50 epochs, batches of 32.

The paper gives no batch size for few-shot; it is that of MMRL. With --dataset imagenet 5 epochs.

vamp_mm train configs/vamp/vamp_mmrl_vit-b16_few_shot.py --dataset dtd --shots 4
"""

_base_ = [
    '../_base_/models/vamp_mmrl_vit-b16.py',
    '../_base_/datasets/caltech101.py',
    '../_base_/schedules/few_shot.py',
    '../_base_/default_runtime.py',
]
protocol = 'few-shot'
train_dataloader = dict(batch_size=32)
