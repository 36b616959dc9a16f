"""Base-to-novel generalisation: train on the first half of the classes, test on both halves apart."""

train_dataloader = dict(dataset=dict(class_split='base'))
test_cfg = dict(
    type='SplitTestLoop',
    splits=dict(
        base=dict(seen=True, dataset=dict(class_split='base')),
        novel=dict(seen=False, dataset=dict(class_split='novel')),
    ),
)
