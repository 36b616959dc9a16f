"""AdamW for one epoch: MMRL and MMRL++, cross-dataset and domain generalisation (batch 32; MMRL repository)."""

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=5e-4))

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=1)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=0, warmup_lr=1e-5)
