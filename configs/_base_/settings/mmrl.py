"""MMRL: weight of the cosine terms by dataset, schedule by protocol, a wider space on EuroSAT."""

title = 'MMRL'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = [
    dict(
        source='MMRL, MMRL/vit_b16.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 10,
            'param_scheduler.warmup_epochs': 1,
            'model.prompter.host.space_width': 512,
        },
    ),
    dict(
        source='MMRL, trainers/config.py:6-41',
        by_dataset={
            'model.head.consistency': dict(
                imagenet=0.5,
                caltech101=0.5,
                oxford_pets=0.2,
                stanford_cars=7.0,
                oxford_flowers=4.0,
                food101=5.0,
                fgvc_aircraft=6.0,
                sun397=6.0,
                dtd=6.0,
                eurosat=0.01,
                ucf101=3.0,
            ),
        },
        otherwise='caltech101',
    ),
    dict(
        source='MMRL, trainers/config.py:6-41',
        dataset=['eurosat'],
        values={'model.prompter.host.space_width': 2048},
    ),
    dict(
        source='MMRL, MMRL/vit_b16_few_shot.yaml',
        protocol=['few-shot'],
        values={'train_dataloader.batch_size': 32, 'train_cfg.max_epochs': 50},
    ),
    dict(
        source='MMRL, MMRL/vit_b16_imagenet.yaml',
        protocol=['base-to-novel', 'few-shot'],
        dataset=['imagenet'],
        values={'train_dataloader.batch_size': 32, 'train_cfg.max_epochs': 5},
    ),
    dict(
        source='MMRL, MMRL/vit_b16_cross_datasets.yaml',
        protocol=['cross-dataset', 'domain-generalization'],
        values={
            'train_dataloader.batch_size': 32,
            'train_cfg.max_epochs': 1,
            'param_scheduler.warmup_epochs': 0,
        },
    ),
    dict(
        source='MMRL, scripts/mmrl/cross_datasets_train.sh and cross_datasets_test.sh',
        protocol=['cross-dataset', 'domain-generalization'],
        values={'model.head.consistency': 0.2, 'model.prompter.host.space_width': 512},
    ),
]
