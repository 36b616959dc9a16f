"""AdamW for 50 epochs: MMRL, few-shot on all datasets but ImageNet (batch 32; MMRL repository)."""

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=5e-4))

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=50)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-5)
