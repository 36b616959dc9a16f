"""What the arguments of a component may be. The annotation of the constructor declares it, and is checked here.

``num_tokens: PositiveInt`` is all that a component writes. The registries check it whenever the component is built, and the
config check before anything is built. Plain types, ``Literal``, ``Sequence[...]``, ``Mapping[...]`` and unions of them are
understood; ranges are in ``Annotated``. Our own components mean what their annotations say. Those of users are judged as
Python means annotations: only plain data that certainly do not fit are refused.
"""

from .declared import (
    ArgumentError,
    as_parameter,
    check_when_built,
    declared,
    problem_of,
    shortened,
)
from .fitting import fits, words
from .kinds import (
    Block,
    Blocks,
    Component,
    Fraction,
    Lenient,
    NonNegative,
    NonNegativeInt,
    Positive,
    PositiveInt,
    Range,
    Samples,
    Seed,
    Tokens,
    Typed,
    Width,
)

__all__ = [
    'ArgumentError', 'Block', 'Blocks', 'Component', 'Fraction', 'Lenient', 'NonNegative', 'NonNegativeInt',
    'Positive', 'PositiveInt', 'Range', 'Samples', 'Seed', 'Tokens', 'Typed', 'Width', 'as_parameter',
    'check_when_built', 'declared', 'fits', 'problem_of', 'shortened', 'words'
]  # fmt: skip
