"""KgCoOp (Yao et al., CVPR 2023), original ``trainers/kgcoop.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from torch import Tensor

from ..base import Original, Recorded
from ..links import Link
from .coop import context_arguments, context_settings


class KgCoOp(Original):
    """A context whose class features are kept close to those of hand-written templates."""

    name = 'kgcoop'
    recorded_as: tuple[str, ...] = ('kgcoop',)
    terms: Mapping[str, str] = MappingProxyType({'ce': 'ce_class', 'score': 'text_consistency'})

    clutter = (*Original.clutter, 'bias_vectors', 'meta_net.')

    def model(self, case: Recorded) -> dict[str, Any]:
        """``CTX_INIT`` is read as a switch: the words are always 'a photo of a'."""
        words = 'a photo of a' if case.hyper.get('CTX_INIT') else None
        return dict(
            prompter=dict(context_arguments(case), context=words),
            teacher=dict(type='TextTeacher', templates=[case.meta['teacher_template']]),
            head=dict(
                type='PromptClsHead',
                losses=[
                    dict(type='BranchCrossEntropy'),
                    dict(type='TextConsistency', weight=float(case.hyper.get('W', 8.0))),
                ],
            ),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The context; ``bias_vectors`` and ``meta_net`` of the original are never used."""
        return [Link('prompter.context', 'ctx')]

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Length of the context."""
        return context_settings(state)
