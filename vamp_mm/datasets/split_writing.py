"""Writing a split file."""

from __future__ import annotations

import json
from pathlib import Path

from vamp_mm.files import atomic_write

from .splits import PARTS, Split


def write_split(split: Split, path: str | Path) -> None:
    """Write a split file, to the byte as the published ones are written.

    A reader sees the old file or the new one, never half of it.

    Args:
        split: The lists.
        path: The JSON file.

    Raises:
        OSError: If the folder cannot be written to.
    """
    lists = {part: split.part(part) for part in PARTS}
    text = json.dumps(lists, indent=4, separators=(',', ': '))
    atomic_write(text.encode(), path)
