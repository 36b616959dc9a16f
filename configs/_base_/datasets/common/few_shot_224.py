"""What the datasets at 224 px share: 16 shots of the base classes; test on base and novel ones.

A dataset's own file adds ``data_root`` and ``source``. Batches of 4 images follow VaMP, section 4
of the paper; the incomplete last batch of an epoch is dropped (CoOp protocol). The crop scale is
MMRL's; CoOp's is (0.08, 1.0).
"""

_base_ = ['./test_224.py']
train_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    batch_sampler=dict(type='ProtocolBatchSampler'),
    dataset=dict(
        type='FewShotDataset',
        split='train',
        shots=16,
        seed=1,
        class_split='base',
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(
                type='mmpretrain.torchvision/RandomResizedCrop',
                size=224,
                scale=(0.5, 1.0),
                interpolation='bicubic',
            ),
            dict(type='mmpretrain.torchvision/RandomHorizontalFlip'),
            dict(type='mmpretrain.PackInputs'),
        ],
    ),
)
test_cfg = dict(
    _delete_=True,
    type='SplitTestLoop',
    splits=dict(
        base=dict(seen=True, dataset=dict(class_split='base')),
        novel=dict(seen=False, dataset=dict(class_split='novel')),
    ),
)
