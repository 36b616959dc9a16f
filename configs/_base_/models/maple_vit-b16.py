"""MaPLe: text tokens, and vision tokens projected from them; CLIP ViT-B/16 with OpenAI's weights, 3,555,072 parameters."""

run = dict(method='maple')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='SharedPrompter',
        host=dict(type='CoupledTokens', depth=9, num_tokens=2, context='a photo of a'),
        start=0,
        depth=9,
    ),
    head=dict(type='PromptClsHead'),
)
