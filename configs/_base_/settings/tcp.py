"""TCP: half the epochs on ImageNet and SUN397, and a sentence of its own for StanfordCars.

The sentences of the other sets follow the dataset by themselves (``by_template`` of the model's config).
"""

title = 'TCP'
clips = ['ViT-B-16']
protocols = ['base-to-novel']
rows = [
    dict(
        source='TCP, vit_b16_ep100_ctxv1.yaml and scripts/base2new_train.sh',
        values={'train_dataloader.batch_size': 32, 'train_cfg.max_epochs': 50},
    ),
    dict(
        source='TCP, train.py:136-137',
        dataset=['imagenet', 'sun397'],
        values={'train_cfg.max_epochs': 25},
    ),
    dict(source='TCP, trainers/tcp.py:60-76', values={'model.prompter.template': '{}.'}),
    dict(
        source='TCP, trainers/tcp.py:60-76',
        dataset=['stanford_cars'],
        values={'model.prompter.template': '{}, a type of car'},
    ),
]
