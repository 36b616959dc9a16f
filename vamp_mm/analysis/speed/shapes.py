"""What the speed benchmark times; kept apart so that ``--help`` imports no model."""

#: Name -> what it is shaped like.
TEXT_SHAPES = {
    'conditional': 'four context tokens from the image at the embedding (CoCoOp)',
    'variational': 'five sampled tokens in the upper 7/12 of the blocks (VaMP, MMRL style)',
    'variational-maple': 'two sampled tokens in the lower 9/12 of the blocks (VaMP, MaPLe style)',
    'deep': 'two tokens in the lower 9/12 of the blocks, the same for all images (MaPLe, PromptSRC)',
}
#: Text plans, the two whole loops, and rounding errors of the text plans.
METHODS = (*TEXT_SHAPES, 'step', 'evaluation', 'errors')
