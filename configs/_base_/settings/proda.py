"""ProDA: its repository holds no code; the settings are those of a third-party port, base-to-novel."""

title = 'ProDA'
clips = ['ViT-B-16']
protocols = ['base-to-novel']
rows = [
    dict(
        source='third-party port, vit_b16_c16_ep100_batch4.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 100,
            'optim_wrapper.optimizer.lr': 0.001,
        },
    ),
]
