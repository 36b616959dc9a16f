"""The embedded benchmark: drawn icons at 64 px, 16 shots of the base classes; test on base and
novel.

Build it first with ``python tools/dataset_tools/build_icons.py`` (no download). Batches of 4 images
follow VaMP, section 4 of the paper; the incomplete last batch of an epoch is dropped (CoOp
protocol).
"""

train_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='ProtocolBatchSampler'),
    dataset=dict(
        type='FewShotDataset',
        data_root='data/icons',
        source='icons',
        split='train',
        shots=16,
        seed=1,
        class_split='base',
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
    ),
)
test_dataloader = dict(
    batch_size=32,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='FewShotDataset',
        data_root='data/icons',
        source='icons',
        split='test',
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='mmpretrain.torchvision/Resize', size=64, interpolation='bicubic'),
            dict(type='mmpretrain.torchvision/CenterCrop', size=64),
            dict(type='mmpretrain.PackInputs'),
        ],
    ),
)
test_evaluator = [
    dict(type='mmpretrain.Accuracy', topk=(1,)),
    dict(type='CalibrationMetric'),
    dict(type='UncertaintyMetric'),
]
test_cfg = dict(
    type='SplitTestLoop',
    splits=dict(
        base=dict(seen=True, dataset=dict(class_split='base')),
        novel=dict(seen=False, dataset=dict(class_split='novel')),
    ),
)
