"""SGD for 50 epochs: PromptSRC, few-shot (batch 4; PromptSRC repository)."""

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=2.5e-3, momentum=0.9, weight_decay=5e-4)
)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=50)
param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=1, warmup_lr=1e-5)
