"""VPT deep on CLIP ViT-B/16 with OpenAI's weights: 8 vision tokens in each of the 12 blocks, 73,728 parameters.

The text side is one template for all datasets, as in the code of the MaPLe authors.
"""

run = dict(method='vpt_deep')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='DeepPrompter', vision_tokens=8, vision_depth=12, text_depth=0, context='a photo of a'
    ),
    head=dict(type='PromptClsHead'),
)
