"""PromptSRC: by protocol; few-shot the weights of the average over epochs are by dataset too."""

title = 'PromptSRC'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = [
    dict(
        source='PromptSRC, PromptSRC/vit_b16_c2_ep20_batch4_4+4ctx.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 20,
            'model.prompter.vision_depth': 9,
            'model.prompter.text_depth': 9,
            'custom_hooks[GaussianAverageHook].mean': 15.0,
            'custom_hooks[GaussianAverageHook].std': 1.0,
        },
    ),
    dict(
        source='PromptSRC, PromptSRC/vit_b16_c2_ep20_batch4_4+4ctx_cross_datasets.yaml',
        protocol=['cross-dataset', 'domain-generalization'],
        values={
            'model.prompter.vision_depth': 3,
            'model.prompter.text_depth': 3,
            'custom_hooks[GaussianAverageHook].mean': 6.0,
            'custom_hooks[GaussianAverageHook].std': 10.0,
        },
    ),
    dict(
        source='PromptSRC, the YAML of few-shot, 50 epochs',
        protocol=['few-shot'],
        values={'train_cfg.max_epochs': 50},
    ),
    dict(
        source='PromptSRC, the YAML of few-shot and its comment (lines 42-47)',
        protocol=['few-shot'],
        by_dataset={
            'custom_hooks[GaussianAverageHook].mean': dict(
                imagenet=30.0,
                caltech101=30.0,
                oxford_pets=30.0,
                food101=30.0,
                ucf101=30.0,
                sun397=30.0,
                stanford_cars=45.0,
                oxford_flowers=45.0,
                fgvc_aircraft=45.0,
                dtd=45.0,
                eurosat=45.0,
            ),
            'custom_hooks[GaussianAverageHook].std': dict(
                imagenet=30.0,
                caltech101=30.0,
                oxford_pets=30.0,
                food101=30.0,
                ucf101=30.0,
                sun397=30.0,
                stanford_cars=5.0,
                oxford_flowers=5.0,
                fgvc_aircraft=5.0,
                dtd=5.0,
                eurosat=5.0,
            ),
        },
        otherwise='caltech101',
    ),
]
