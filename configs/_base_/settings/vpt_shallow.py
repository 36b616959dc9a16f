"""VPT shallow on CLIP: no recipe is published; the schedule is that of VPT deep."""

title = 'VPT shallow'
clips = ['ViT-B-16']
protocols = []
instead = 'those of VPT deep'
rows = [
    dict(
        source='MaPLe, VPT/vit_b16_c2_ep5_batch4_4.yaml, of VPT deep',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 5,
            'optim_wrapper.optimizer.lr': 2.5e-3,
        },
    ),
]
