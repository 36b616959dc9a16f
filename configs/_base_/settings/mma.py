"""MMA: larger batches on ImageNet."""

title = 'MMA'
clips = ['ViT-B-16']
protocols = ['base-to-novel']
rows = [
    dict(
        source='MMA, MultiModalAdapter/vit_b16_ep5.yaml',
        values={'train_dataloader.batch_size': 16, 'train_cfg.max_epochs': 5},
    ),
    dict(
        source='MMA, MultiModalAdapter/vit_b16_ep5_imnet.yaml',
        dataset=['imagenet'],
        values={'train_dataloader.batch_size': 128},
    ),
]
