"""The embedded benchmark: drawn icons of 50 classes, at 64 px.

Build it first with ``vamp_mm build-icons`` (no download).
"""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(
    dataset=dict(
        data_root='data/icons',
        source='icons',
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(
                type='mmpretrain.torchvision/RandomResizedCrop',
                size=64,
                scale=(0.5, 1.0),
                interpolation='bicubic',
            ),
            dict(type='mmpretrain.torchvision/RandomHorizontalFlip'),
            dict(type='mmpretrain.PackInputs'),
        ],
    )
)
test_dataloader = dict(
    dataset=dict(
        data_root='data/icons',
        source='icons',
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='mmpretrain.torchvision/Resize', size=64, interpolation='bicubic'),
            dict(type='mmpretrain.torchvision/CenterCrop', size=64),
            dict(type='mmpretrain.PackInputs'),
        ],
    )
)
