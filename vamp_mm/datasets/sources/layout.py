"""A way to read some data of a user, and why others are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Layout:
    """A way to read some data.

    Args:
        data_root: Folder of the dataset.
        source: Config of a :class:`~vamp_mm.datasets.sources.base.SplitSource`.
        what: What was found, in words.
    """

    data_root: str
    source: dict[str, Any] = field(hash=False)
    what: str
