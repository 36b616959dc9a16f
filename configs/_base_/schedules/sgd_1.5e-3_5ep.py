"""SGD for 5 epochs without warm-up: MMA (batch 16, ImageNet 128; MMA repository)."""

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=1.5e-3, momentum=0.9, weight_decay=5e-4)
)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=5)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=0, warmup_lr=1e-5)
