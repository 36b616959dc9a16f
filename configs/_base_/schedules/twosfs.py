"""AdamW in two stages, 60% and 40% of 300 iterations for each shot (here 16 shots): 2SFS, every protocol and dataset."""

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-4, weight_decay=0.01))

train_cfg = dict(type='StepTrainLoop', max_iters=4800)
param_scheduler = dict(type='StagedCosineLR', shares=(0.6, 0.4), eta_min=1e-6, by_epoch=False)
