"""What every run shares: hooks, environment, seed."""

default_scope = 'vamp_mm'

default_hooks = dict(
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    logger=dict(type='LoggerHook', interval=10),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # Trainable tensors only, a few MB; the last epoch is what is tested, the one before it is for safety.
    checkpoint=dict(type='SafeCheckpointHook', interval=1, max_keep_ckpts=2),
)

custom_hooks = [
    dict(type='EpochSeedHook'),
    dict(type='VocabularyHook'),
    dict(type='ClassAwarePriorHook'),
    dict(type='FiniteLossHook'),
    dict(type='MeanLossHook'),
    dict(type='ThroughputHook'),
]

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    # Without a GPU the train and test commands use gloo instead.
    dist_cfg=dict(backend='nccl'),
)

visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
log_processor = dict(type='LogProcessor', window_size=10, by_epoch=True)
log_level = 'INFO'

load_from = None
resume = False
randomness = dict(seed=1)
