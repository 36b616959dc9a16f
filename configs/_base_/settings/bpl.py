"""Bayesian Prompt Learning: samples and epochs by dataset, 10 and 10 across datasets."""

title = 'Bayesian Prompt Learning'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'cross-dataset', 'domain-generalization']
_samples = dict(
    imagenet=10,
    caltech101=20,
    oxford_pets=40,
    stanford_cars=20,
    oxford_flowers=10,
    food101=20,
    fgvc_aircraft=10,
    sun397=20,
    dtd=40,
    eurosat=20,
    ucf101=5,
)
rows = [
    dict(
        source='Bayesian-Prompt-Learning, VPT/vit_b16_c4_ep10_batch1_ctxv1.yaml',
        values={'train_dataloader.batch_size': 1},
    ),
    dict(
        source='Bayesian-Prompt-Learning, VPT.md:21-52',
        by_dataset={
            'model.prompter.shift.train_samples': _samples,
            'model.prompter.shift.test_samples': _samples,
            'train_cfg.max_epochs': dict(
                imagenet=10,
                caltech101=20,
                oxford_pets=20,
                stanford_cars=40,
                oxford_flowers=40,
                food101=20,
                fgvc_aircraft=10,
                sun397=10,
                dtd=10,
                eurosat=60,
                ucf101=20,
            ),
        },
        otherwise='caltech101',
    ),
    dict(
        source='Bayesian-Prompt-Learning, VPT.md:97-126 and scripts/vpt/xd_train.sh',
        protocol=['cross-dataset', 'domain-generalization'],
        values={
            'model.prompter.shift.train_samples': 10,
            'model.prompter.shift.test_samples': 10,
            'train_cfg.max_epochs': 10,
        },
    ),
]
