"""IVLP: one recipe for every dataset."""

title = 'IVLP'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'cross-dataset']
rows = [
    dict(
        source='MaPLe, IVLP/vit_b16_c2_ep5_batch4_2+2ctx.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 5,
            'optim_wrapper.optimizer.lr': 3.5e-3,
        },
    ),
]
