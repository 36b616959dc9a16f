"""VaMP on the MaPLe host: the paper's schedule, which is the same for both hosts; layers as the paper fixes them."""

title = 'VaMP (MaPLe)'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = [
    dict(
        source='VaMP, section 4',
        values={'train_dataloader.batch_size': 4, 'train_cfg.max_epochs': 10},
    ),
    dict(
        source='as VaMP (MMRL); the paper does not say', values={'param_scheduler.warmup_epochs': 1}
    ),
    dict(source='VaMP, section 4', protocol=['few-shot'], values={'train_cfg.max_epochs': 50}),
    dict(
        source="SkipTuning, another group's few-shot YAML of the host MaPLe (the paper gives no batch size for few-shot)",
        protocol=['few-shot'],
        values={'train_dataloader.batch_size': 4},
    ),
    dict(
        source='VaMP, section 4',
        protocol=['base-to-novel', 'few-shot'],
        dataset=['imagenet'],
        values={'train_dataloader.batch_size': 32, 'train_cfg.max_epochs': 5},
    ),
    dict(
        source='VaMP, section 4',
        protocol=['cross-dataset', 'domain-generalization'],
        values={'train_cfg.max_epochs': 1},
    ),
    dict(
        source='as VaMP (MMRL); the paper does not say',
        protocol=['cross-dataset', 'domain-generalization'],
        values={'train_dataloader.batch_size': 32, 'param_scheduler.warmup_epochs': 0},
    ),
]
