"""SGD of the CoOp family: 0.002, cosine decay after one warm-up epoch at 1e-5. A config sets its number of epochs.

Momentum and weight decay are Dassl's defaults (dassl/config/defaults.py), which no published YAML overrides.
"""

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.002, momentum=0.9, weight_decay=5e-4)
)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=50)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-5)
