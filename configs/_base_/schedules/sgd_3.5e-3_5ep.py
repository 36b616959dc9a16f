"""SGD for 5 epochs: MaPLe and IVLP, base to novel (batch 4; configs of the MaPLe repository)."""

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=3.5e-3, momentum=0.9, weight_decay=5e-4)
)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=5)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-5)
