"""Limits of the numbers in a checkpoint's config, checked before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from vamp_mm.messages import cut

#: Bytes of the text of a config; those of vamp_mm have some 20 kB.
MOST_TEXT = 2**20
#: Images in one forward pass.
MOST_IMAGES = 4096
#: Pixels per side in the test transforms, and any other number in them; the largest CLIPs take 1,024.
MOST_PIXELS = 4096
#: Steps of the test transforms.
MOST_STEPS = 50
#: Any integer in a model: widths, numbers of tokens and prompts. The largest published one is 2,048.
MOST_UNITS = 8192
#: Integers in a model that count something else.
_OF_MODELS = {
    'test_samples': 1000,
    'train_samples': 1000,
    'num_classes': 100_000,
    'max_tokens': 2**24,
}
_SEEDS = 2**63
#: Arguments of transforms that are numbers of pixels.
_SIZES = frozenset({'size', 'crop_size', 'scale'})


def number_problems(value: Any, path: str, most: int) -> list[str]:
    """All numbers that are too large, at any depth.

    Args:
        value: Dicts, lists and plain values.
        path: Its dotted key, for messages.
        most: The largest absolute value, except for keys with a limit of their own.

    Returns:
        One clause each.
    """
    if isinstance(value, Mapping):
        return [
            problem
            for key, item in value.items()
            for problem in number_problems(item, f'{path}.{key}', _limit(str(key), most))
        ]
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) > most:
            return [f'{path} has {len(value):,} items, at most {most:,} are allowed']
        return [
            problem
            for index, item in enumerate(value)
            for problem in number_problems(item, f'{path}.{index}', most)
        ]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return []
    if isinstance(value, float) and not math.isfinite(value):
        return [f'{path}={value!r} is not finite']
    return [] if abs(value) <= most else [f'{path}={_short(value)} is above the limit of {most:,}']


def size_problems(step: Mapping[str, Any], path: str) -> list[str]:
    """Sizes of a transform that are not numbers of pixels.

    Args:
        step: Config of the transform.
        path: Its dotted key, for messages.

    Returns:
        One clause each; numbers above the limit are those of :func:`number_problems`.
    """
    problems = []
    for key in _SIZES & step.keys():
        value = step[key]
        several = isinstance(value, (list, tuple))
        for index, number in enumerate(value if several else [value]):
            if (
                number is not None
                and (type(number) is not int or number < 1)
                and not _above(number)
            ):
                problems.append(
                    f'{path}.{key}{f".{index}" if several else ""}={cut(repr(number))} is not a whole number '
                    f'from 1 to {MOST_PIXELS:,}'
                )
    return problems


def batch_size_problems(size: Any) -> list[str]:
    """Check the number of images in one forward pass.

    Args:
        size: The number, None if there is none.

    Returns:
        One clause, or none.
    """
    if size is None or (type(size) is int and 1 <= size <= MOST_IMAGES):
        return []
    shown = _short(size) if isinstance(size, (int, float)) else repr(size)
    return [f'test_dataloader.batch_size={shown} is not an integer from 1 to {MOST_IMAGES:,}']


def _above(number: Any) -> bool:
    return type(number) in (int, float) and not abs(number) <= MOST_PIXELS


def _limit(key: str, most: int) -> int:
    if key == 'seed' or key.endswith('_seed'):
        return _SEEDS
    return _OF_MODELS.get(key, most) if most == MOST_UNITS else most


def _short(value: float) -> str:
    """A number as a message shows it, whatever its length."""
    if isinstance(value, int) and abs(value) >= 10**15:
        return f'a number of {int(math.log10(abs(value))) + 1} digits'
    return f'{value:,}' if isinstance(value, int) else repr(value)
