"""VaMP on the MMRL host, CLIP ViT-B/16 with OpenAI's weights: 5.118 M trainable parameters.

Text tokens of blocks 5..11 are sampled from a posterior over the image; the vision tower gets shared representation
tokens in the same blocks. The rows of the paper's ablation are prompter.tokens='shared' (MMRL itself), 'deterministic',
and 'variational' with prior='standard' or 'class-aware' (VaMP).
"""

run = dict(method='vamp_mmrl')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='VariationalPrompter',
        host=dict(type='RepresentationTokens', start=5, depth=7, num_tokens=5, space_width=512),
        start=5,
        depth=7,
        tokens='variational',
        prior='class-aware',
        train_samples=1,
        test_samples=10,
    ),
    head=dict(
        type='VaMPHead',
        kl=dict(type='VariationalLoss', reduction='mean', weight=1.0),
        consistency=0.5,
        readout=dict(type='TokenReadout', alpha=0.7),
    ),
)
