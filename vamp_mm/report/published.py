"""Numbers printed in papers, to compare ours with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from vamp_mm.config.methods import STEMS
from vamp_mm.datasets import CATALOG
from vamp_mm.files import read_json

#: The setting of the published numbers.
SHOTS = 16
_FILE = Path(__file__).with_name('published.json')
_NAMES = {stem: name for name, stem in STEMS.items()}


@cache
def published() -> dict[str, Any]:
    """The content of the file; ``source`` and ``setting`` are where the numbers come from."""
    content: dict[str, Any] = read_json(_FILE)
    return content


def paper_rows(protocol: str, method: str, shots: int | None) -> dict[str, Any]:
    """The numbers that a paper prints for a method.

    Args:
        protocol: ``base-to-novel``, ``cross-dataset`` or ``domain-generalization``.
        method: Name of the method, or stem of its configs.
        shots: Of our run; None for a method without training.

    Returns:
        Dataset (or ``average``) -> accuracy in percent, for base-to-novel [base, novel, H]; empty where nothing is
        published, or our run has other shots.
    """
    if shots not in (None, SHOTS):
        return {}
    rows: dict[str, Any] = published().get(protocol, {}).get(_NAMES.get(method, method), {})
    return rows


def title(dataset: str) -> str:
    """Name of a dataset in tables."""
    return CATALOG[dataset].title if dataset in CATALOG else dataset


def in_order(datasets: set[str]) -> list[str]:
    """Datasets in the order of the published tables, then the others."""
    known = [name for name in CATALOG if name in datasets]
    return known + sorted(datasets - set(known))
