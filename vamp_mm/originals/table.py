"""All originals, one row each."""

from __future__ import annotations

from .base import Original, Recorded
from .methods.bpl import BPL
from .methods.clip import CLIP
from .methods.cocoop import CoCoOp
from .methods.coop import CoOp
from .methods.deep import IVLP, VPT, PromptSRC
from .methods.kgcoop import KgCoOp
from .methods.maple import MaPLe
from .methods.mma import MMA
from .methods.mmrl import MMRL, MMRLPlusPlus
from .methods.proda import ProDA
from .methods.prograd import ProGrad
from .methods.tcp import TCP
from .methods.tuned import SkipT, TwoStageClassifier, TwoStageLayerNorms
from .names import METHODS

#: One row per original; a method is found by its name or by ``meta['method']`` of a recording.
ORIGINALS: tuple[Original, ...] = (
    CLIP(),
    CoOp(),
    CoCoOp(),
    ProDA(),
    KgCoOp(),
    ProGrad(),
    TCP(),
    BPL(),
    VPT(),
    IVLP(),
    MaPLe(),
    PromptSRC(),
    MMRL(),
    MMRLPlusPlus(),
    MMA(),
    TwoStageLayerNorms(),
    TwoStageClassifier(),
    SkipT(),
)


def original_named(name: str) -> Original:
    """Find an original by its name on the command line.

    Args:
        name: For example ``'coop'``.

    Returns:
        The original.

    Raises:
        ValueError: If there is none of that name.
    """
    for original in ORIGINALS:
        if original.name == name:
            return original
    raise ValueError(f'{name!r} is not an original implementation known here; allowed: {METHODS}')


def original_of(case: Recorded) -> Original:
    """Find the original that a recording is of.

    Args:
        case: The recording.

    Returns:
        The original.

    Raises:
        ValueError: If its method is not known.
    """
    method = str(case.meta.get('method', ''))
    for original in ORIGINALS:
        if original.matches(method):
            return original
    raise ValueError(
        f'a recording of {method!r}; known are {sorted(name for o in ORIGINALS for name in o.recorded_as)}'
    )
