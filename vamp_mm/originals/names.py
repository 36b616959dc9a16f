"""Names of the originals, as commands take them; kept apart so that ``--help`` imports no model."""

METHODS = (
    'clip',
    'coop',
    'cocoop',
    'proda',
    'kgcoop',
    'prograd',
    'tcp',
    'bpl',
    'vpt',
    'ivlp',
    'maple',
    'promptsrc',
    'mmrl',
    'mmrlpp',
    'mma',
    '2sfs',
    'skipt',
)
