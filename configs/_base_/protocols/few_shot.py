"""Few-shot learning on all classes; the papers take 1, 2, 4, 8 and 16 shots."""

train_dataloader = dict(dataset=dict(class_split='all'))
test_cfg = dict(
    type='SplitTestLoop',
    splits=dict(all=dict(seen=True, dataset=dict(class_split='all'))),
)
