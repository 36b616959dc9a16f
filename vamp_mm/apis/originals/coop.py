"""CoOp (Zhou et al., IJCV 2022), original ``trainers/coop.py``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .base import Original, Recorded
from .links import Link


class CoOp(Original):
    """One context for all classes or one for each; at the end, in the middle or in front."""

    name = 'coop'
    recorded_as = ('coop', )

    def model(self, case: Recorded) -> dict[str, Any]:
        """``ContextPrompter`` with the recorded length, position and kind of context."""
        context = case.group('learn')['ctx']
        specific = context.ndim == 3
        return dict(
            prompter=dict(
                type='ContextPrompter',
                num_tokens=context.shape[-2],
                position=case.hyper.get('CLASS_TOKEN_POSITION', 'end'),
                num_classes=context.shape[0] if specific else None),
            head=dict(type='PromptClsHead'))

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The context."""
        return [Link('prompter.context', 'ctx')]
