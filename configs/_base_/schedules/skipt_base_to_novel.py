"""SGD for 20 epochs (5 on ImageNet, SUN397 and Food101), the vision tower at a quarter of the rate: SkipT."""

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=2e-5, momentum=0.9, weight_decay=5e-4),
    constructor='PartOptimWrapperConstructor',
    paramwise_cfg=dict(lr_mult={'prompter.adapter.vision.': 0.25}),
)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=20)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-6)
