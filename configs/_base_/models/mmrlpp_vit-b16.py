"""MMRL++: MMRL with shared projections and blended tokens; CLIP ViT-B/16 with OpenAI's weights, 813,312 parameters.

The blend and the weight of the cosine terms are per dataset; configs/mmrlpp/README.md has the table.
"""

run = dict(method='mmrlpp')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='SharedPrompter',
        host=dict(
            type='SharedResidualTokens',
            start=5,
            depth=7,
            num_tokens=5,
            space_width=512,
            rank=4,
            blend=0.9,
        ),
        start=5,
        depth=7,
    ),
    head=dict(
        type='MMRLHead', consistency=0.5, readout=dict(type='LowRankReadout', alpha=0.7, rank=64)
    ),
)
