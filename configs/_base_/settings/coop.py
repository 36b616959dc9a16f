"""CoOp: 'a photo of a' base-to-novel and across datasets (the baseline of CoCoOp's paper), 16 random words few-shot."""

title = 'CoOp'
clips = ['ViT-B-16', 'ViT-B-32', 'RN50', 'RN101']
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = [
    dict(
        source='CoOp, vit_b16_ctxv1.yaml and scripts/cocoop/base2new_train.sh',
        values={
            'train_dataloader.batch_size': 32,
            'train_cfg.max_epochs': 200,
            'model.prompter.context': 'a photo of a',
            'model.prompter.num_tokens': '(default)',
        },
    ),
    dict(
        source='CoOp, COOP.md and vit_b16.yaml, vit_b16_ep100.yaml, vit_b16_ep50.yaml',
        protocol=['few-shot'],
        values={'model.prompter.context': None, 'model.prompter.num_tokens': 16},
        by_shots={'train_cfg.max_epochs': {1: 50, 2: 100, 4: 100, 8: 200, 16: 200}},
    ),
    dict(
        source='CoOp, vit_b16_ep50_ctxv1.yaml and scripts/cocoop/xd_train.sh',
        protocol=['cross-dataset', 'domain-generalization'],
        values={'train_cfg.max_epochs': 50},
    ),
    dict(
        source='CoOp, scripts/coop/eval.sh',
        protocol=['domain-generalization'],
        clip=['ViT-B-32', 'RN50', 'RN101'],
        values={'model.prompter.context': None, 'model.prompter.num_tokens': 16},
    ),
    dict(
        source='CoOp, vit_b16_ep50.yaml and vit_b16_ep50_ctxv1.yaml (ImageNet, any shots)',
        dataset=['imagenet'],
        values={'train_cfg.max_epochs': 50},
    ),
]
