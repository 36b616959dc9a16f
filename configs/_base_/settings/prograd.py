"""ProGrad: epochs by shots, the words of each dataset's template. Published for ResNet-50."""

title = 'ProGrad'
clips = ['RN50']
protocols = ['base-to-novel', 'few-shot']
shots = {'base-to-novel': [4], 'few-shot': [1, 2, 4, 8, 16]}
rows = [
    dict(
        source='ProGrad, rn50_ep100.yaml and scripts/base2new_*_prograd.sh',
        values={
            'train_dataloader.batch_size': 32,
            'train_cfg.max_epochs': 100,
            'optim_wrapper.strength': 1.0,
        },
    ),
    dict(
        source='ProGrad, trainers/prograd.py:78-95, 201-217',
        by_dataset={
            'model.prompter.context': dict(
                imagenet='a photo of a',
                caltech101='a photo of a',
                oxford_pets='a type of pet, a photo of a',
                stanford_cars='a photo of a',
                oxford_flowers='a type of flower, a photo of a',
                food101='a type of food, a photo of',
                fgvc_aircraft='a type of aircraft, a photo of a',
                sun397='a photo of a',
                dtd='a texture of',
                eurosat='a centered satellite photo of',
                ucf101='a photo of a person doing',
            ),
        },
        otherwise='caltech101',
    ),
    dict(
        source='ProGrad, rn50_ep50.yaml, rn50_ep100.yaml, rn50.yaml',
        protocol=['few-shot'],
        by_shots={'train_cfg.max_epochs': {1: 50, 2: 100, 4: 100, 8: 200, 16: 200}},
    ),
    dict(
        source="ProGrad, the authors' README",
        protocol=['few-shot'],
        dataset=['oxford_flowers', 'dtd', 'eurosat'],
        shots=[8, 16],
        values={'optim_wrapper.strength': 0.8},
    ),
    dict(
        source='ProGrad, rn50_ep50.yaml and scripts/base2new_*_prograd.sh',
        protocol=['base-to-novel'],
        dataset=['imagenet'],
        values={'train_cfg.max_epochs': 50},
    ),
    dict(
        source='ProGrad, rn50_ep50.yaml, as CoOp has it on ImageNet with any shots',
        protocol=['few-shot'],
        dataset=['imagenet'],
        values={'train_cfg.max_epochs': 50},
    ),
]
