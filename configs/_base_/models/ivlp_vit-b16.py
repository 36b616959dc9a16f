"""IVLP: independent tokens in both towers of CLIP ViT-B/16 with OpenAI's weights, 30,720 parameters.

Two tokens per block replace 'a photo' of the template, two more come after the patches.
"""

run = dict(method='ivlp')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='DeepPrompter',
        vision_tokens=2,
        vision_depth=12,
        text_tokens=2,
        text_depth=12,
        context='a photo of a',
    ),
    head=dict(type='PromptClsHead'),
)
