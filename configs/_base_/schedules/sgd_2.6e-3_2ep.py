"""SGD for 2 epochs: MaPLe, cross-dataset and domain generalisation (batch 4; MaPLe repository)."""

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=2.6e-3, momentum=0.9, weight_decay=5e-4)
)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=2)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-5)
