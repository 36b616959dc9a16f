"""MMA (Yang et al., CVPR 2024), original ``trainers/mmadapter.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

from ..base import Original, Recorded
from ..links import Link, linear

_PARTS = (
    ('text_adapter', 'text', 'down.0', 'down'),
    ('text_adapter', 'text', 'up', 'up'),
    ('visual_adapter', 'vision', 'down.0', 'down'),
    ('visual_adapter', 'vision', 'up', 'up'),
)


def _blocks(names: Iterable[str]) -> list[int]:
    """Adapted blocks, counted from 1 as in the original."""
    return sorted({int(name.split('.')[1]) for name in names if name.startswith('shared_adapter.')})


class MMA(Original):
    """Residual adapters in the upper blocks, with a shared middle layer."""

    name = 'mma'
    recorded_as: tuple[str, ...] = ('mma',)

    def model(self, case: Recorded) -> dict[str, Any]:
        """``MultiModalAdapters`` with the recorded blocks, width and scale."""
        blocks = _blocks(case.group('learn'))
        hyper = case.hyper
        words = str(hyper.get('TEXT_CTX_INIT') or 'a photo of a').replace('_', ' ')
        return dict(
            prompter=dict(
                type='AdapterPrompter',
                template=f'{words} {{}}.',
                adapter=dict(
                    type='MultiModalAdapters',
                    start=blocks[0] - 1,
                    depth=len(blocks),
                    dim=int(hyper['ADAPTER_DIM']),
                    scale=float(hyper['ADAPTER_SCALE']),
                ),
            ),
            head=dict(type='PromptClsHead'),
        )

    def links(self, names: Iterable[str]) -> Sequence[Link]:
        """Three layers per block and tower, one of them shared."""
        links = []
        for index, block in enumerate(_blocks(names)):
            links += linear(f'prompter.adapter.shared.{index}', f'shared_adapter.{block}.0')
            for theirs, own, part, ours in _PARTS:
                links += linear(
                    f'prompter.adapter.{own}.{index}.{ours}', f'{theirs}.{block}.{part}'
                )
        return links

    def names(self, state: Mapping[str, Tensor]) -> list[str]:
        """For as many blocks as there are, up to the last of twelve."""
        depth = sum(
            name.startswith('prompter.adapter.shared.') and name.endswith('.weight')
            for name in state
        )
        return [
            name
            for link in self.links(
                [f'shared_adapter.{13 - depth + i}.0.weight' for i in range(depth)]
            )
            for name in link.names
        ]

    def settings(self, state: Mapping[str, Tensor]) -> dict[str, Any]:
        """Number of blocks and width; the first block is not in the file."""
        depth = sum(
            name.startswith('prompter.adapter.shared.') and name.endswith('.weight')
            for name in state
        )
        return {
            'model.prompter.adapter.depth': depth,
            'model.prompter.adapter.dim': len(state['prompter.adapter.shared.0.weight']),
        }
