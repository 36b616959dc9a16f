"""ProGrad: 16 learned words, whose gradient does not go against zero-shot CLIP; CLIP ViT-B/16."""

run = dict(method='prograd')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(type='ContextPrompter', num_tokens=16, context='a photo of a'),
    # trainers/prograd.py:201-217, where it differs from the dataset's own template
    teacher=dict(
        type='TextTeacher',
        by_template={
            'a photo of a {}, a type of pet.': 'a type of pet, a photo of a {}.',
            'a photo of a {}, a type of flower.': 'a type of flower, a photo of a {}.',
            'a photo of a {}, a type of aircraft.': 'a type of aircraft, a photo of a {}.',
            'a photo of {}, a type of food.': 'a type of food, a photo of {}.',
            '{} texture.': 'a texture of {}.',
        },
    ),
    head=dict(
        type='PromptClsHead',
        losses=[dict(type='BranchCrossEntropy'), dict(type='TeacherCrossEntropy', temperature=1.0)],
    ),
)
