"""MMRL++: blend of tokens and weight of the cosine terms by dataset, schedule by protocol.

For the embedded icons nothing is published; they keep the blend and the weight of the model's config.
"""

title = 'MMRL++'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = [
    dict(
        source='MMRL, MMRLpp/vit_b16.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 10,
            'optim_wrapper.optimizer.lr': 1e-3,
            'param_scheduler.warmup_epochs': 1,
        },
    ),
    dict(
        source='MMRL, trainers/config.py:43-89',
        by_dataset={
            'model.prompter.host.blend': dict(
                imagenet=0.9,
                caltech101=0.6,
                oxford_pets=0.7,
                stanford_cars=0.7,
                oxford_flowers=0.4,
                food101=0.1,
                fgvc_aircraft=0.9,
                sun397=0.5,
                dtd=0.9,
                eurosat=0.2,
                ucf101=0.9,
            ),
            'model.head.consistency': dict(
                imagenet=0.2,
                caltech101=3.0,
                oxford_pets=0.01,
                stanford_cars=6.0,
                oxford_flowers=7.0,
                food101=1.0,
                fgvc_aircraft=2.0,
                sun397=3.0,
                dtd=7.0,
                eurosat=0.01,
                ucf101=3.0,
            ),
        },
        otherwise='caltech101',
    ),
    dict(
        source='ours, none is published for the icons',
        dataset=['icons'],
        values={'model.prompter.host.blend': 0.9, 'model.head.consistency': 0.5},
    ),
    dict(
        source='MMRL, MMRLpp/vit_b16_few_shot.yaml',
        protocol=['few-shot'],
        values={
            'train_dataloader.batch_size': 32,
            'train_cfg.max_epochs': 100,
            'optim_wrapper.optimizer.lr': 2e-3,
        },
    ),
    dict(
        source='MMRL, MMRLpp/vit_b16_imagenet.yaml',
        protocol=['base-to-novel', 'few-shot'],
        dataset=['imagenet'],
        values={
            'train_dataloader.batch_size': 32,
            'train_cfg.max_epochs': 5,
            'optim_wrapper.optimizer.lr': 1e-3,
        },
    ),
    dict(
        source='MMRL, MMRLpp/vit_b16_cross_datasets.yaml',
        protocol=['cross-dataset', 'domain-generalization'],
        values={
            'train_dataloader.batch_size': 32,
            'train_cfg.max_epochs': 1,
            'param_scheduler.warmup_epochs': 0,
        },
    ),
    dict(
        source='MMRL, trainers/config.py:91-138',
        protocol=['cross-dataset', 'domain-generalization'],
        note='all targets are tested with the blend that was trained with; the original takes one for each target '
        '(configs/mmrlpp/README.md)',
        values={'model.prompter.host.blend': 0.9, 'model.head.consistency': 0.1},
    ),
]
