"""SkipT: a quarter of the epochs on ImageNet, SUN397 and Food101, rates by protocol, a template of its own by dataset.

The teacher of class skipping has the template of the student. ``templates`` are the sentences of all datasets of a run that
tests several, where the model can have no single one.
"""

title = 'SkipT'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
_own = dict(
    caltech101='itap of a {}.',
    oxford_pets='a bad photo of a {}, a type of pet.',
    stanford_cars='a photo of the {}, a type of car.',
    oxford_flowers='a close-up photo of a {}.',
    food101='a photo of the nice {}.',
    fgvc_aircraft='a bright photo of a {}, a type of aircraft.',
    dtd='itap of a {}.',
    eurosat='a centered satellite photo of {}.',
    ucf101='a photo of a {}, a type of sport.',
)
#: Sets whose own template is SkipT's too, and the icons, for which none is published.
_same = dict.fromkeys(('imagenet', 'sun397', 'icons'), '(default)')
rows = [
    dict(
        source='SkipT, SkipTuning/vit_b16_bs4.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 20,
            'optim_wrapper.optimizer.lr': 2e-5,
            'optim_wrapper.constructor': 'PartOptimWrapperConstructor',
            'optim_wrapper.paramwise_cfg': dict(lr_mult={'prompter.adapter.vision.': 0.25}),
            'param_scheduler.warmup_epochs': 1,
            'param_scheduler.warmup_lr': 1e-6,
        },
    ),
    dict(
        source='SkipT, SkipTuning/vit_b16_bs4_few_shot.yaml',
        protocol=['few-shot'],
        values={
            'train_cfg.max_epochs': 40,
            'optim_wrapper.optimizer.lr': 1e-5,
            'optim_wrapper.constructor': '(default)',
            'optim_wrapper.paramwise_cfg': '(default)',
            'param_scheduler.warmup_epochs': 0,
        },
    ),
    dict(
        source='SkipT, SkipTuning/vit_b16_bs4_cross_datasets.yaml',
        protocol=['cross-dataset', 'domain-generalization'],
        values={
            'optim_wrapper.optimizer.lr': 1e-5,
            'optim_wrapper.paramwise_cfg': dict(lr_mult={'prompter.adapter.vision.': 0.1}),
            'param_scheduler.warmup_lr': 1e-8,
        },
    ),
    dict(
        source='SkipT, trainers/skip_tuning.py:259-264',
        protocol=['base-to-novel', 'cross-dataset', 'domain-generalization'],
        dataset=['imagenet', 'sun397', 'food101'],
        values={'train_cfg.max_epochs': 5},
    ),
    dict(
        source='SkipT, trainers/skip_tuning.py:259-264',
        protocol=['few-shot'],
        dataset=['imagenet', 'sun397', 'food101'],
        values={'train_cfg.max_epochs': 10},
    ),
    dict(
        source='SkipT, trainers/feature_loader.py:72-113: batches of one class from 4 shots on',
        by_shots={
            'train_dataloader.batch_sampler.type': {
                1: 'ProtocolBatchSampler',
                4: 'OneClassBatchSampler',
                8: 'OneClassBatchSampler',
                16: 'OneClassBatchSampler',
                2: 'ProtocolBatchSampler',
            },
        },
    ),
    dict(
        source='SkipT, trainers/baselines/ft_clip.py:11-28',
        protocol=['base-to-novel', 'few-shot'],
        by_dataset={
            'model.prompter.template': dict(**_own, **_same),
            'model.teacher': dict(
                **{name: dict(type='TextTeacher', templates=[text]) for name, text in _own.items()},
                **_same,
            ),
        },
        otherwise='caltech101',
    ),
    dict(
        source='SkipT, trainers/baselines/ft_clip.py:11-28',
        protocol=['cross-dataset', 'domain-generalization'],
        values={'model.prompter.template': '(default)', 'model.teacher': '(default)'},
        templates=dict(
            **_own,
            imagenet_sketch='a sketch of a {}.',
            imagenet_a='a bad photo of a {}.',
            imagenet_r='a rendition of a {}.',
        ),
    ),
]
