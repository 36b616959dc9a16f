"""CoCoOp (Zhou et al., CVPR 2022), original ``trainers/cocoop.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

from ..base import Original, Recorded
from ..links import Link, linear
from .coop import context_arguments, context_settings


class CoCoOp(Original):
    """A context shifted by a function of the image."""

    name = 'cocoop'
    recorded_as: tuple[str, ...] = ('cocoop',)

    def model(self, case: Recorded) -> dict[str, Any]:
        """``ContextPrompter`` with ``ImageShift``."""
        return dict(
            prompter=dict(context_arguments(case), shift=dict(type='ImageShift')),
            head=dict(type='PromptClsHead'),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The context and the meta-net."""
        return [Link('prompter.context', 'ctx')] + [
            link
            for layer in ('linear1', 'linear2')
            for link in linear(f'prompter.shift.{layer}', f'meta_net.{layer}')
        ]

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Length of the context."""
        return context_settings(state)
