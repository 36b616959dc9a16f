"""Open evaluation: train on the base classes, answer base and novel images among all names.

Not in the papers. ``open/accuracy`` is over all images, ``open/base_accuracy`` and
``open/novel_accuracy`` over those of each half, ``open/H`` is the harmonic mean of the two.
"""

train_dataloader = dict(dataset=dict(class_split='base'))
test_evaluator = [
    dict(type='mmpretrain.Accuracy', topk=(1,)),
    dict(type='OpenAccuracy'),
    dict(type='CalibrationMetric'),
    dict(type='UncertaintyMetric'),
]
test_cfg = dict(
    type='SplitTestLoop',
    splits=dict(open=dict(seen=False, dataset=dict(class_split='all'))),
)
