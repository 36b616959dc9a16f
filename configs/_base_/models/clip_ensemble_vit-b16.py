"""Zero-shot CLIP ViT-B/16 with the seven templates that OpenAI chose for ImageNet, and the dataset's own."""

run = dict(method='clip_ensemble')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='TemplatePrompter',
        templates=[
            'itap of a {}.',
            'a bad photo of the {}.',
            'a origami {}.',
            'a photo of the large {}.',
            'a {} in a video game.',
            'art of the {}.',
            'a photo of the small {}.',
        ],
    ),
    head=dict(type='PromptClsHead', losses=[]),
)
