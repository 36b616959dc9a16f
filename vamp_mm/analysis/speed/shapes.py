"""What the speed benchmark times; kept apart so that ``--help`` imports no model."""

#: The towers: the activation of OpenAI's weights, which random weights of ViT-B-16 lack.
ARCH = 'ViT-B-16-quickgelu'
#: Name -> what it is shaped like.
TEXT_SHAPES = {
    'conditional': 'four context tokens from the image at the embedding (CoCoOp)',
    'variational': 'five sampled tokens in the upper 7/12 of the blocks (VaMP, MMRL style)',
    'variational-maple': 'two sampled tokens in the lower 9/12 of the blocks (VaMP, MaPLe style)',
    'deep': 'two tokens in the lower 9/12 of the blocks, the same for all images (MaPLe, PromptSRC)',
}
#: Methods whose whole steps are timed -> their configs.
STEPS = {
    name: f'configs/{folder}/{file}_vit-b16_caltech101.py'
    for name, folder, file in (
        ('coop', 'coop', 'coop'),
        ('cocoop', 'cocoop', 'cocoop'),
        ('maple', 'maple', 'maple'),
        ('promptsrc', 'promptsrc', 'promptsrc'),
        ('mmrl', 'mmrl', 'mmrl'),
        ('vamp', 'vamp', 'vamp_mmrl'),
    )
}
#: Images per step of their published settings; four elsewhere.
STEP_IMAGES = {'coop': 32, 'cocoop': 1}
#: Text plans, VaMP's step at any size, text of an evaluation, rounding errors of the text plans, and whole steps.
METHODS = (*TEXT_SHAPES, 'step', 'evaluation', 'errors', *STEPS)
