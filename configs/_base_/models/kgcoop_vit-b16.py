"""KgCoOp: the words of CoOp, class features held close to those of hand-written templates; CLIP ViT-B/16."""

run = dict(method='kgcoop')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(type='ContextPrompter', context='a photo of a'),
    # trainers/kgcoop.py:37-54: the dataset's own template, but for DTD
    teacher=dict(
        type='TextTeacher', by_template={'{} texture.': 'a photo of a {}, a type of texture.'}
    ),
    head=dict(
        type='PromptClsHead',
        losses=[dict(type='BranchCrossEntropy'), dict(type='TextConsistency', weight=8.0)],
    ),
)
