"""VaMP on the MMRL host: the paper's schedule; where it is silent, MMRL's table (the paper builds on it).

The paper gives epochs and batches base-to-novel, epochs of the other protocols, and the width of EuroSAT's space.
"""

title = 'VaMP (MMRL)'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = [
    dict(
        source='VaMP, section 4',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 10,
            'model.prompter.host.space_width': 512,
        },
    ),
    dict(source='host MMRL, MMRL/vit_b16.yaml', values={'param_scheduler.warmup_epochs': 1}),
    dict(
        source='host MMRL, trainers/config.py:6-41 (the paper prints no weights)',
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
        source='VaMP, section 4',
        dataset=['eurosat'],
        values={'model.prompter.host.space_width': 2048},
    ),
    dict(source='VaMP, section 4', protocol=['few-shot'], values={'train_cfg.max_epochs': 50}),
    dict(
        source='host MMRL, MMRL/vit_b16_few_shot.yaml (the paper gives no batch size for few-shot)',
        protocol=['few-shot'],
        values={'train_dataloader.batch_size': 32},
    ),
    dict(
        source='VaMP, section 4',
        protocol=['base-to-novel', 'few-shot'],
        dataset=['imagenet'],
        values={'train_dataloader.batch_size': 32, 'train_cfg.max_epochs': 5},
    ),
    dict(
        source='VaMP, section 4',
        protocol=['cross-dataset', 'domain-generalization'],
        values={'train_cfg.max_epochs': 1},
    ),
    dict(
        source='host MMRL, MMRL/vit_b16_cross_datasets.yaml',
        protocol=['cross-dataset', 'domain-generalization'],
        values={'train_dataloader.batch_size': 32, 'param_scheduler.warmup_epochs': 0},
    ),
    dict(
        source='host MMRL, scripts/mmrl/cross_datasets_train.sh and cross_datasets_test.sh',
        protocol=['cross-dataset', 'domain-generalization'],
        values={'model.head.consistency': 0.2, 'model.prompter.host.space_width': 512},
    ),
]
