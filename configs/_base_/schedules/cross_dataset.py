"""Cross-dataset and domain generalisation: one epoch on ImageNet.

AdamW, cosine decay (VaMP's optimiser, MMRL's schedule). No warm-up: it would be the whole training.
"""

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01))

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=1)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=0, warmup_lr=1e-5)
