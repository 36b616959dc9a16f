"""The comparison with zero-shot CLIP in a result file, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vamp_mm.evaluation.zero_shot import change

from .result_file import is_number


def compared_in_words(compared: Any) -> str | None:
    """What a result file has on a model that training made worse; None if it did not.

    Args:
        compared: ``compared_with_zero_shot`` of ``result.json``.

    Returns:
        For example ``on 105 validation images zero-shot 72.4 -> 65.2 (-7.2)``.
    """
    if not isinstance(compared, Mapping) or compared.get('worse') is not True:
        return None
    numbers = [compared.get(key) for key in ('count', 'zero_shot_accuracy', 'accuracy')]
    found = [value for value in numbers if value is not None and is_number(value)]
    if len(found) < len(numbers):
        return None
    count, zero_shot, own = found
    which = 'training' if compared.get('images') == 'training' else 'validation'
    return f'on {count} {which} images zero-shot {zero_shot:.1f} -> {change(zero_shot, own)}'
