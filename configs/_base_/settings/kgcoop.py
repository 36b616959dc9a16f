"""KgCoOp: one recipe for every dataset. Few-shot is published with 4 shots."""

title = 'KgCoOp'
clips = ['ViT-B-16', 'RN50']
protocols = ['base-to-novel', 'few-shot']
shots = {'base-to-novel': [16], 'few-shot': [4]}
rows = [
    dict(
        source='KgCoOp, vit_b16_ep100_ctxv1.yaml and scripts/base2new_train.sh',
        values={
            'train_dataloader.batch_size': 128,
            'train_cfg.max_epochs': 100,
        },
    ),
    dict(
        source='KgCoOp, vit_b16_ep100_ctxv1.yaml and scripts/xd_train.sh',
        protocol=['few-shot'],
        values={
            'train_dataloader.batch_size': 128,
            'train_cfg.max_epochs': 100,
        },
    ),
]
