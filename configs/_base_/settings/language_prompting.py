"""Deep language prompting: one recipe for every dataset."""

title = 'deep language prompting'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'cross-dataset']
rows = [
    dict(
        source='MaPLe, IVLP/vit_b16_c2_ep5_batch4_4ctx_language_only.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 5,
            'optim_wrapper.optimizer.lr': 2.5e-3,
        },
    ),
]
