"""ProGrad (Zhu et al., ICCV 2023), original ``trainers/prograd.py`` and its fork of Dassl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from ..base import Original, Recorded
from ..links import Link
from .coop import context_arguments, context_settings


class ProGrad(Original):
    """A context whose gradient does not go against that of the teacher's predictions."""

    name = 'prograd'
    recorded_as: tuple[str, ...] = ('prograd',)
    terms: Mapping[str, str] = MappingProxyType({'ce': 'ce_class', 'kl': 'teacher_ce'})
    optim_wrapper: Mapping[str, Any] = MappingProxyType({'type': 'ProjectedGradientOptimWrapper'})

    def model(self, case: Recorded) -> dict[str, Any]:
        """The context starts with the words of the teacher's template, after zeros."""
        template = case.meta['teacher_template']
        words = template.replace(' {}.', '') if case.hyper.get('CTX_INIT') else None
        return dict(
            prompter=dict(context_arguments(case), context=words),
            teacher=dict(type='TextTeacher', templates=[template]),
            head=dict(
                type='PromptClsHead',
                losses=[
                    dict(type='BranchCrossEntropy'),
                    dict(type='TeacherCrossEntropy', temperature=float(case.hyper.get('T', 1.0))),
                ],
            ),
        )

    def wrapper(self, case: Recorded) -> dict[str, Any]:
        """With the recorded strength of the projection."""
        return dict(self.optim_wrapper, strength=float(case.hyper.get('LAMBDA', 1.0)))

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The context."""
        return [Link('prompter.context', 'ctx')]

    def train_extras(self, model: Any, case: Recorded) -> dict[str, Tensor]:
        """Both gradients before the projection."""
        losses = model(case['images'], case.samples(), mode='loss')
        pair, _ = model.parse_losses(losses)
        context = model.prompter.context
        return {
            f'grad_{key}/ctx': torch.autograd.grad(pair[index], context, retain_graph=True)[0]
            for index, key in enumerate(('ce', 'kl'))
        }

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Length of the context."""
        return context_settings(state)
