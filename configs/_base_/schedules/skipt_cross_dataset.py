"""SGD for 5 epochs, the vision tower at a tenth of the rate: SkipT, cross-dataset and domain generalisation."""

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=1e-5, momentum=0.9, weight_decay=5e-4),
    constructor='PartOptimWrapperConstructor',
    paramwise_cfg=dict(lr_mult={'prompter.adapter.vision.': 0.1}),
)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=5)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-8)
