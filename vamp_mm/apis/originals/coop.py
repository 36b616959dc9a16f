"""CoOp (Zhou et al., IJCV 2022), original ``trainers/coop.py``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .base import Original, Recorded
from .links import Link


def context_arguments(case: Recorded) -> dict[str, Any]:
    """The ``ContextPrompter`` of a recording: length of the context, and its words if it has some.

    Args:
        case: The recording.

    Returns:
        A config.
    """
    words = case.hyper.get('CTX_INIT')
    return dict(
        type='ContextPrompter',
        num_tokens=case.group('learn')['ctx'].shape[-2],
        context=words if isinstance(words, str) and words else None)


class CoOp(Original):
    """One context for all classes or one for each; at the end, in the middle or in front."""

    name = 'coop'
    recorded_as = ('coop', )

    def model(self, case: Recorded) -> dict[str, Any]:
        """``ContextPrompter`` with the recorded length, position and kind of context."""
        context = case.group('learn')['ctx']
        return dict(
            prompter=dict(
                context_arguments(case),
                position=case.hyper.get('CLASS_TOKEN_POSITION', 'end'),
                num_classes=context.shape[0] if context.ndim == 3 else None),
            head=dict(type='PromptClsHead'))

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The context."""
        return [Link('prompter.context', 'ctx')]
