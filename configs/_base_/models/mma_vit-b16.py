"""MMA: residual adapters in blocks 4..11 of both towers of CLIP ViT-B/16 with OpenAI's weights, 674,560 parameters.

One template for all datasets, as in the original.
"""

run = dict(method='mma')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='AdapterPrompter',
        template='a photo of a {}.',
        adapter=dict(type='MultiModalAdapters', start=4, depth=8, dim=32, scale=0.001),
    ),
    head=dict(type='PromptClsHead'),
)
