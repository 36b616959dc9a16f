"""ProDA: 32 contexts of 16 tokens, a Gaussian over class weights; CLIP ViT-B/16."""

run = dict(method='proda')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(type='PromptCollection', num_prompts=32, num_tokens=16, prompts_per_step=4),
    head=dict(
        type='PromptClsHead',
        losses=[dict(type='DistributionBound'), dict(type='ContextOrthogonality', weight=0.1)],
        average='logits',
    ),
)
