"""Read a safetensors file after its table of contents was found to describe this very file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from .archive import damaged
from .errors import CheckpointError
from .file_kinds import shown

#: Most bytes of the table of contents; the safetensors library has the same limit.
MAX_HEADER = 100_000_000


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, whatever its name ends in.

    Args:
        path: The file.

    Returns:
        Name -> tensor on the CPU.

    Raises:
        CheckpointError: If the file is damaged, cut off, or claims more than it holds.
    """
    _check_header(path)
    try:
        return load_file(str(path))
    except (SafetensorError, ValueError, KeyError, AttributeError, OSError, RuntimeError) as error:
        raise damaged(path, f'a safetensors file, {error}') from error


def _check_header(path: Path) -> None:
    size = path.stat().st_size
    with path.open('rb') as file:
        length = int.from_bytes(file.read(8), 'little')
        if length > MAX_HEADER or length + 8 > size:
            limit = min(MAX_HEADER, max(size - 8, 0))
            raise CheckpointError(
                f'{shown(path)} begins like a safetensors file with a table of contents of {length:,} '
                'bytes; '
                f'the limit is {limit:,}: it is truncated, damaged or another kind of file'
            )
        raw = file.read(length)
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise damaged(path, 'its safetensors table of contents is no JSON') from error
    if not isinstance(header, dict):
        raise damaged(path, 'its safetensors table of contents is not a dict')
    end = max(
        (_end(name, entry, path) for name, entry in header.items() if name != '__metadata__'),
        default=0,
    )
    if end + length + 8 > size:
        raise CheckpointError(
            f'{shown(path)} is truncated: its tensors need {end + length + 8:,} bytes; copy or download '
            'it '
            'again'
        )


def _end(name: str, entry: Any, path: Path) -> int:
    try:
        shape, (start, end) = entry['shape'], entry['data_offsets']
        whole = all(type(number) is int and number >= 0 for number in (*shape, start, end))
    except (TypeError, KeyError, ValueError):
        whole = False
    if not whole or end < start or (end == start) != (math.prod(shape) == 0):
        raise damaged(path, f'its safetensors table of contents gives no size for {name[:80]!r}')
    return end
