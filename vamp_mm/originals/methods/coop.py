"""CoOp (Zhou et al., IJCV 2022), original ``trainers/coop.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

from ..base import Original, Recorded
from ..links import Link


def context_arguments(case: Recorded) -> dict[str, Any]:
    """The ``ContextPrompter`` of a recording: length and kind of the context, and its words if it has some.

    Args:
        case: The recording.

    Returns:
        A config.
    """
    words, context = case.hyper.get('CTX_INIT'), case.group('learn')['ctx']
    return dict(
        type='ContextPrompter',
        num_tokens=context.shape[-2],
        num_classes=context.shape[0] if context.ndim == 3 else None,
        context=words.replace('_', ' ') if isinstance(words, str) and words else None,
    )


class CoOp(Original):
    """One context for all classes or one for each; at the end, in the middle or in front."""

    name = 'coop'
    recorded_as: tuple[str, ...] = ('coop',)

    def model(self, case: Recorded) -> dict[str, Any]:
        """``ContextPrompter`` with the recorded length, position and kind of context."""
        return dict(
            prompter=dict(
                context_arguments(case), position=case.hyper.get('CLASS_TOKEN_POSITION', 'end')
            ),
            head=dict(type='PromptClsHead'),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The context."""
        return [Link('prompter.context', 'ctx')]

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Length, and number of classes where each class has its own context; the position is not in the file."""
        return context_settings(state)


def context_settings(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Config keys that follow from the shape of the context.

    Args:
        state: Our state dict.

    Returns:
        Dotted key -> value.
    """
    context = state['prompter.context']
    settings = {'model.prompter.num_tokens': context.shape[-2]}
    return (
        settings if context.ndim == 2 else {**settings, 'model.prompter.num_classes': len(context)}
    )
