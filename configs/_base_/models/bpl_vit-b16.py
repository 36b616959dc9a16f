"""Bayesian Prompt Learning: the words of CoOp with a random shift; CLIP ViT-B/16."""

run = dict(method='bpl')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='ContextPrompter',
        context='a photo of a',
        shift=dict(type='GaussianShift', conditional=False, train_samples=20, test_samples=20),
    ),
    head=dict(
        type='PromptClsHead',
        losses=[
            dict(type='MixtureNLL'),
            dict(type='VariationalLoss', reduction='mean', weight=0.001),
        ],
    ),
)
