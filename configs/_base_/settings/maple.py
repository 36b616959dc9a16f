"""MaPLe: by protocol. Few-shot is not in its repository; the settings are those that SkipT's authors ran it with."""

title = 'MaPLe'
clips = ['ViT-B-16']
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = [
    dict(
        source='MaPLe, MaPLe/vit_b16_c2_ep5_batch4_2ctx.yaml',
        values={
            'train_dataloader.batch_size': 4,
            'train_cfg.max_epochs': 5,
            'optim_wrapper.optimizer.lr': 3.5e-3,
            'model.prompter.depth': 9,
            'model.prompter.host.depth': 9,
        },
    ),
    dict(
        source="SkipTuning, another group's MaPLe/vit_b16_c2_ep5_batch4_2ctx_few_shot.yaml (none in MaPLe's repository)",
        protocol=['few-shot'],
        values={'train_cfg.max_epochs': 50},
    ),
    dict(
        source='MaPLe, MaPLe/vit_b16_c2_ep5_batch4_2ctx_cross_datasets.yaml',
        protocol=['cross-dataset', 'domain-generalization'],
        values={
            'train_cfg.max_epochs': 2,
            'optim_wrapper.optimizer.lr': 2.6e-3,
            'model.prompter.depth': 3,
            'model.prompter.host.depth': 3,
        },
    ),
]
