"""Base-to-novel generalisation on ImageNet: 5 epochs (batch 32 is set in the dataset).

AdamW, cosine decay after one warm-up epoch at 1e-5 (VaMP's optimiser, MMRL's schedule).
"""

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01))

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=5)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-5)
