"""CoCoOp: one recipe for every dataset and protocol that its authors ran."""

title = 'CoCoOp'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'cross-dataset', 'domain-generalization']
rows = [
    dict(
        source='CoOp, CoCoOp/vit_b16_c4_ep10_batch1_ctxv1.yaml',
        values={'train_dataloader.batch_size': 1, 'train_cfg.max_epochs': 10},
    ),
]
