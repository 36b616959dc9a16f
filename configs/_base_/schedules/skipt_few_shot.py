"""SGD for 40 epochs (10 on ImageNet, SUN397 and Food101), one rate: SkipT, few-shot."""

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=1e-5, momentum=0.9, weight_decay=5e-4)
)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=40)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=0, warmup_lr=1e-6)
