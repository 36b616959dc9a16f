"""Which blocks a method edits on towers of another depth: the same share of them.

Published layers are those of ViT-B/16, twelve blocks a tower. On a tower of another depth a boundary between edited and
other blocks stays at the same share of the depth; where that falls on half a block, the half block is not edited. What is
only the first block (shallow prompts) stays so. No paper gives this rule; the log says where it was used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vamp_mm.arguments import declared
from vamp_mm.registry import MODELS, SCOPE


@dataclass(frozen=True)
class Depths:
    """Numbers of blocks of the two towers; 0 for a ResNet.

    Args:
        vision: Of the image tower.
        text: Of the text tower.
    """

    vision: int
    text: int

    def of(self, tower: str) -> int:
        """The number of a tower; of ``'both'`` those that the two have in common."""
        return min(self.vision, self.text) if tower == 'both' else int(getattr(self, tower))


@dataclass(frozen=True)
class _Blocks:
    """Arguments that name a range of blocks: the first one, their number, or both."""

    tower: str
    start: str | None = None
    depth: str | None = None


#: Type of a component -> what of its arguments are blocks.
_ARGUMENTS: Mapping[str, tuple[_Blocks, ...]] = {
    'RepresentationTokens': (_Blocks('vision', 'start', 'depth'),),
    'SharedResidualTokens': (_Blocks('vision', 'start', 'depth'),),
    # each vision token is projected from the text token of the same block
    'CoupledTokens': (_Blocks('both', None, 'depth'),),
    'SharedPrompter': (_Blocks('text', 'start', 'depth'),),
    'VariationalPrompter': (_Blocks('text', 'start', 'depth'),),
    'DeepPrompter': (
        _Blocks('vision', None, 'vision_depth'),
        _Blocks('text', None, 'text_depth'),
    ),
    # an adapter pair shares its middle
    'MultiModalAdapters': (_Blocks('both', 'start', 'depth'),),
    'TunedWeights': (_Blocks('vision', 'vision_start'), _Blocks('text', 'text_start')),
    'ClassAwareTokens': (_Blocks('text', 'layer'),),
}
#: A host whose text tokens are those of its vision tokens.
_COUPLED = 'CoupledTokens'


def proposed_layers(model: Mapping[str, Any], before: Depths, after: Depths) -> dict[str, int]:
    """Blocks of a method on another CLIP.

    Args:
        model: Config of a model whose blocks are those of ``before``.
        before: Depths of its CLIP.
        after: Depths of the other CLIP.

    Returns:
        Dotted key, from ``model`` on -> the block or number of blocks, of those that change.
    """
    found: dict[str, int] = {}
    for path, part in _parts('model', model):
        for blocks in _ARGUMENTS.get(_kind(part), ()):
            host = part.get('host')
            tower = (
                'both' if isinstance(host, Mapping) and _kind(host) == _COUPLED else blocks.tower
            )
            old, new = before.of(tower), after.of(tower)
            if old == new or not old or not new:
                continue
            for key, value in _scaled(part, blocks, old, new).items():
                found[f'{path}.{key}'] = value
    return found


def _scaled(part: Mapping[str, Any], blocks: _Blocks, old: int, new: int) -> dict[str, int]:
    start = _value(part, blocks.start) if blocks.start else 0
    if start is None or start < 0:  # before the first block
        return {}
    first = min(share(start, old, new, up=True), new - 1)
    changed = {blocks.start: first} if blocks.start and first != start else {}
    depth = _value(part, blocks.depth) if blocks.depth else None
    if blocks.depth and depth is not None:
        wanted = depth if start == 0 and depth <= 1 else _depth(start, depth, first, old, new)
        if wanted != depth:
            changed[blocks.depth] = wanted
    return {key: value for key, value in changed.items() if key is not None}


def _depth(start: int, depth: int, first: int, old: int, new: int) -> int:
    end = share(start + depth, old, new, up=False)
    return max(end - first, 1)


def share(boundary: int, old: int, new: int, up: bool) -> int:
    """A boundary between blocks on a tower of another depth.

    Args:
        boundary: Blocks below it, of ``old``.
        old: Blocks of the tower that it is known for.
        new: Blocks of the other tower.
        up: Where to on half a block.

    Returns:
        Blocks below it, of ``new``.
    """
    exact = boundary * new / old
    return math.floor(exact + 0.5) if up else math.ceil(exact - 0.5)


def _value(part: Mapping[str, Any], key: str | None) -> int | None:
    if key is None:
        return None
    if key in part:
        value = part[key]
    else:
        with MODELS.switch_scope_and_registry(SCOPE) as registry:
            parameter = declared(registry.get(_kind(part))).get(key)
        value = None if parameter is None else parameter.default
    return value if type(value) is int else None


def _parts(path: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        if 'type' in value:
            yield path, value
        for key, item in value.items():
            yield from _parts(f'{path}.{key}', item)


def _kind(part: Mapping[str, Any]) -> str:
    kind = part.get('type')
    return kind.split('.')[-1] if isinstance(kind, str) else getattr(kind, '__name__', '')
