"""ProGrad on all classes of a dataset, 8 or 16 shots: 200 epochs, batches of 32.

With --shots 2 and 4 the epochs become 100, with 1 shot 50; with 8 and 16 shots of Flowers102, DTD and EuroSAT the
strength becomes 0.8. Settings: those of ResNet-50 (prograd_rn50_caltech101.py), as none are published
for ViT-B/16.

vamp_mm train configs/prograd/prograd_vit-b16_few_shot.py
"""

_base_ = './prograd_vit-b16_caltech101.py'
protocol = 'few-shot'
train_cfg = dict(max_epochs=200)
