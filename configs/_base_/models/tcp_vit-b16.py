"""TCP: four learned words, and class-aware tokens at block 8 of the text tower; CLIP ViT-B/16."""

run = dict(method='tcp')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='ContextPrompter',
        num_tokens=4,
        # trainers/tcp.py:60-76: what follows the four words. Stanford Cars has the template of most other
        # sets; the original puts '{}, a type of car' there
        template='{}.',
        by_template={
            'a photo of a {}, a type of pet.': '{}, a type of pet.',
            'a photo of a {}, a type of flower.': '{}, a type of flower.',
            'a photo of a {}, a type of aircraft.': '{}, a type of aircraft.',
            'a photo of {}, a type of food.': '{}, a type of food.',
            '{} texture.': '{} texture.',
            'a photo of a person doing {}.': 'person doing {}.',
        },
        text_tokens=dict(type='ClassAwareTokens', num_tokens=4, layer=8, hidden=128, weight=1.0),
    ),
    # trainers/tcp.py:42-58, where it differs from the dataset's own template
    teacher=dict(
        type='TextTeacher',
        by_template={
            'a photo of a {}, a type of aircraft.': 'a photo of an aircraft {}.',
            'a photo of {}, a type of food.': 'a photo of a {}, a type of food.',
            '{} texture.': 'a photo of a {}, a type of texture.',
        },
    ),
    head=dict(
        type='PromptClsHead',
        losses=[dict(type='BranchCrossEntropy'), dict(type='TextConsistency', weight=8.0)],
    ),
)
