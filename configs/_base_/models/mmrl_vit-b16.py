"""MMRL: representation tokens in blocks 5..11 of both towers of CLIP ViT-B/16 with OpenAI's weights, 4,992,256 parameters.

The weight of the cosine terms is per dataset; configs/mmrl/README.md has the table.
"""

run = dict(method='mmrl')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='SharedPrompter',
        host=dict(type='RepresentationTokens', start=5, depth=7, num_tokens=5, space_width=512),
        start=5,
        depth=7,
    ),
    head=dict(type='MMRLHead', consistency=0.5, readout=dict(type='TokenReadout', alpha=0.7)),
)
