"""CoCoOp: the words of CoOp, shifted by a function of the image; CLIP ViT-B/16."""

run = dict(method='cocoop')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='ContextPrompter', context='a photo of a', shift=dict(type='ImageShift', reduction=16)
    ),
    head=dict(type='PromptClsHead'),
)
