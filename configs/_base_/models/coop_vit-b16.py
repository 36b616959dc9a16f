"""CoOp: four learned words before the class name, which start as 'a photo of a'; CLIP ViT-B/16."""

run = dict(method='coop')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(type='ContextPrompter', context='a photo of a'),
    head=dict(type='PromptClsHead'),
)
