"""Zero-shot CLIP ViT-B/16 with OpenAI's weights: the dataset's templates, nothing trained."""

run = dict(method='clip')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(type='TemplatePrompter'),
    head=dict(type='PromptClsHead', losses=[]),
)
