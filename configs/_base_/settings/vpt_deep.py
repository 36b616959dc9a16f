"""VPT deep on CLIP: one recipe for every dataset."""

title = 'VPT deep'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'cross-dataset']
rows = [
    dict(
        source='MaPLe, VPT/vit_b16_c2_ep5_batch4_4.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 5,
            'optim_wrapper.optimizer.lr': 2.5e-3,
        },
    ),
]
