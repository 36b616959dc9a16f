"""MaPLe (Khattak et al., CVPR 2023), original ``trainers/maple.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

from ..base import Original, Recorded
from ..links import Link, linear
from .deep import context

_LEARNER = 'prompt_learner'


def _deep(names: Iterable[str]) -> int:
    """Number of text tokens after block 0."""
    return sum(name.startswith(f'{_LEARNER}.compound_prompts_text.') for name in names)


class MaPLe(Original):
    """Text tokens, and vision tokens projected from them."""

    name = 'maple'
    recorded_as: tuple[str, ...] = ('maple',)
    not_compared = {
        'eval_logits_half_casts': 'the same forward with prompts rounded to float16, which we do not do'
    }

    def model(self, case: Recorded) -> dict[str, Any]:
        """``SharedPrompter`` on ``CoupledTokens`` with the recorded numbers of tokens and blocks."""
        learn = case.group('learn')
        count, depth = len(learn[f'{_LEARNER}.ctx']), 1 + _deep(learn)
        host = dict(
            type='CoupledTokens', num_tokens=count, depth=depth, context=context(case, count)
        )
        return dict(
            prompter=dict(type='SharedPrompter', host=host, start=0, depth=depth),
            head=dict(type='PromptClsHead'),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """Tokens of all blocks as one stack, and one projection per block."""
        deep = _deep(names)
        texts = [f'{_LEARNER}.compound_prompts_text.{i}' for i in range(deep)]
        links = [Link('prompter.host.tokens', (f'{_LEARNER}.ctx', *texts))]
        links += linear('prompter.host.to_vision.0', f'{_LEARNER}.proj')
        for i in range(deep):
            links += linear(
                f'prompter.host.to_vision.{i + 1}', f'{_LEARNER}.compound_prompt_projections.{i}'
            )
        return links

    def names(self, state: Mapping[str, Tensor]) -> list[str]:
        """With a text token and a projection for each block."""
        deep = range(len(state.get('prompter.host.tokens', ())) - 1)
        known = [f'{_LEARNER}.compound_prompts_text.{i}' for i in deep]
        return [name for link in self.links(known) for name in link.names]

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Numbers of tokens and blocks."""
        depth, count = state['prompter.host.tokens'].shape[:2]
        return {
            'model.prompter.depth': depth,
            'model.prompter.host.depth': depth,
            'model.prompter.host.num_tokens': count,
        }
