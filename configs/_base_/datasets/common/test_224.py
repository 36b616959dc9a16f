"""Testing at 224 px on all classes, and the metrics."""

test_dataloader = dict(
    batch_size=32,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='FewShotDataset',
        split='test',
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='mmpretrain.torchvision/Resize', size=224, interpolation='bicubic'),
            dict(type='mmpretrain.torchvision/CenterCrop', size=224),
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
    splits=dict(all=dict(seen=False, dataset=dict(class_split='all'))),
)
