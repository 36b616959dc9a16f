"""Writing a split file."""

from __future__ import annotations

import json
import os
import tempfile
from os import PathLike
from pathlib import Path

from .splits import PARTS, Split


def write_split(split: Split, path: str | PathLike) -> None:
    """Write a split file, to the byte as the published ones are written.

    A reader sees the old file or the new one, never half of it.

    Args:
        split: The lists.
        path: The JSON file; its folder must be there.

    Raises:
        OSError: If the folder cannot be written to.
    """
    path = Path(path)
    lists = {part: split.part(part) for part in PARTS}
    text = json.dumps(lists, indent=4, separators=(',', ': '))
    # a name of its own, because several processes of a run may get here at once
    handle, partial = tempfile.mkstemp(prefix=f'.{path.name}.', dir=path.parent)
    try:
        with os.fdopen(handle, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
