"""VaMP on the MaPLe host, CLIP ViT-B/16 with OpenAI's weights.

Sampled text tokens take the place of the first two words of 'a photo of a' and are renewed up to block 8; the vision
tower gets tokens projected from what all images share. One branch, no read-out of tokens.
"""

run = dict(method='vamp_maple')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='VariationalPrompter',
        host=dict(type='CoupledTokens', depth=9, num_tokens=2, context='a photo of a'),
        start=0,
        depth=9,
        tokens='variational',
        prior='class-aware',
        train_samples=1,
        test_samples=10,
    ),
    head=dict(
        type='VaMPHead',
        kl=dict(type='VariationalLoss', reduction='mean', weight=1.0),
        consistency=0.0,
        readout=None,
    ),
)
