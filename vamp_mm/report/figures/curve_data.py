"""Reliability and risk-coverage curves of result files, and how those of several seeds become one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vamp_mm.runs.result_file import is_number

from ..content import shown
from ..results import Result
from ..table import Stat, stat


class Reliability(NamedTuple):
    """Images by confidence.

    ``confidence`` is the mean confidence in each bin and ``accuracy`` the fraction that is correct, both between 0 and
    1; ``images`` is the number of images.
    """

    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    images: tuple[float, ...]


class RiskCoverage(NamedTuple):
    """Error rate on the images that are answered: ``risk`` at each ``coverage``, fractions."""

    coverage: tuple[float, ...]
    risk: tuple[float, ...]


Curve = Reliability | RiskCoverage
_KINDS: dict[str, type[Curve]] = {'reliability': Reliability, 'risk_coverage': RiskCoverage}
#: Field -> its name in the file, where it is another one.
_IN_FILE = {'images': 'count'}


def curves_of(result: Result, notes: list[str]) -> dict[tuple[str, str], Curve]:
    """The curves of one run.

    Args:
        result: The run.
        notes: One sentence per curve that cannot be used is added.

    Returns:
        (kind, split) -> curve, where the kind is ``reliability`` or ``risk_coverage``. Empty for older results.
    """
    content = result.content.get('curves')
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        notes.append(
            f'the curves of {result.path} are left out: {type(content).__name__} in place of an object'
        )
        return {}
    found = {}
    for split, kinds in content.items():
        for kind, curve_type in _KINDS.items():
            if isinstance(kinds, Mapping) and kinds.get(kind) is None:
                continue
            try:
                found[kind, str(split)] = _read(
                    curve_type, kinds[kind] if isinstance(kinds, Mapping) else kinds
                )
            except ValueError as error:
                notes.append(f'{kind} of {split!r} in {result.path} is left out: {error}')
    return found


def pooled(curves: Sequence[Reliability]) -> Reliability:
    """All images of several runs in the same bins.

    Args:
        curves: One per run, with equally many bins.

    Returns:
        Their sum. A bin without images has confidence and accuracy 0.

    Raises:
        ValueError: If their numbers of bins differ.
    """
    confidence, accuracy, counts = [], [], []
    for parts in zip(*(zip(*curve, strict=True) for curve in curves), strict=True):
        count = math.fsum(part[2] for part in parts)
        counts.append(count)
        confidence.append(math.fsum(part[0] * part[2] for part in parts) / count if count else 0.0)
        accuracy.append(math.fsum(part[1] * part[2] for part in parts) / count if count else 0.0)
    return Reliability(tuple(confidence), tuple(accuracy), tuple(counts))


def averaged(curves: Sequence[RiskCoverage]) -> list[tuple[float, Stat]]:
    """Mean risk of several runs at each coverage.

    Args:
        curves: One per run, at the same coverages.

    Returns:
        Coverage, and mean risk with its spread, as fractions.

    Raises:
        ValueError: If their coverages differ.
    """
    if any(curve.coverage != curves[0].coverage for curve in curves):
        raise ValueError('the runs have risks at different coverages')
    return [
        (coverage, stat(risks))
        for coverage, risks in zip(
            curves[0].coverage, zip(*(curve.risk for curve in curves), strict=True), strict=True
        )
    ]


def _read(curve_type: type[Curve], content: Any) -> Curve:
    if not isinstance(content, Mapping):
        raise ValueError(f'{type(content).__name__} in place of an object')
    lists = []
    for field in curve_type._fields:
        field = _IN_FILE.get(field, field)
        values = content.get(field)
        highest = math.inf if field == 'count' else 1.0
        if not isinstance(values, list) or not values:
            raise ValueError(f'{field} is not a list of numbers')
        for value in values:
            if not is_number(value) or not 0 <= value <= highest + 1e-6:
                raise ValueError(
                    f'{field} holds {shown(value)}; allowed are '
                    + (
                        f'numbers from 0 to {highest:g}'
                        if highest < math.inf
                        else 'finite numbers from 0'
                    )
                )
        lists.append(tuple(map(float, values)))
    if len({len(values) for values in lists}) > 1:
        raise ValueError(
            ', '.join(
                f'{_IN_FILE.get(field, field)} has {len(values)}'
                for field, values in zip(curve_type._fields, lists, strict=True)
            )
            + ' values; all must have the same number'
        )
    return curve_type(*lists)
