"""Your own images: a folder per class in ``data/own_images``; ``--dataset PATH`` takes them from anywhere."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(
    dataset=dict(data_root='data/own_images', source=dict(type='ImageFolder', undivided='.'))
)
test_dataloader = dict(
    dataset=dict(data_root='data/own_images', source=dict(type='ImageFolder', undivided='.'))
)
