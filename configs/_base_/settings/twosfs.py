"""2SFS: 300 iterations for each shot, on every dataset."""

title = '2SFS'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'few-shot']
rows = [
    dict(
        source='2SFS, main.py:37-69',
        values={'train_dataloader.batch_size': 32},
        per_shot={'train_cfg.max_iters': 300},
    ),
]
