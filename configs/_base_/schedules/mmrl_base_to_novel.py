"""AdamW for 10 epochs: MMRL and MMRL++, base to novel on all datasets but ImageNet (batch 4; MMRL repository)."""

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=5e-4))

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=10)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-5)
