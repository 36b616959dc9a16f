"""ProDA (Lu et al., CVPR 2022). There is no public code; the names are those of third-party ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from torch import Tensor

from ..base import Original, Recorded
from ..links import Link


class ProDA(Original):
    """A collection of contexts."""

    name = 'proda'
    recorded_as: tuple[str, ...] = ('proda',)
    terms: Mapping[str, str] = MappingProxyType({'ce': 'bound', 'orthogonality': 'orthogonality'})

    def model(self, case: Recorded) -> dict[str, Any]:
        """``PromptCollection`` of the recorded size."""
        count, length = case.group('learn')['ctx'].shape[:2]
        return dict(
            prompter=dict(type='PromptCollection', num_prompts=count, num_tokens=length),
            head=dict(
                type='PromptClsHead',
                losses=[dict(type='DistributionBound'), dict(type='ContextOrthogonality')],
                average='logits',
            ),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """The contexts."""
        return [Link('prompter.contexts', 'ctx')]

    def counters(self, state: Mapping[str, Tensor]) -> list[str]:
        """State of the order of contexts."""
        return ['prompter.noise_seed', 'prompter.noise_step']

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Number and length of the contexts."""
        count, length = state['prompter.contexts'].shape[:2]
        return {'model.prompter.num_prompts': count, 'model.prompter.num_tokens': length}
