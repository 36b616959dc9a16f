"""JSON that our own commands write, and reading it again, whatever became of the file since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .atomic import atomic_write
from .text import key_twice

#: A record takes some hundred kB; larger files are not read.
MAX_RECORD_BYTES = 64 * 2**20


class RecordError(ValueError):
    """A file that is not such a record; the message gives the reason, without the name of the file."""


def json_bytes(content: Any, indent: int | None = 2, ascii_only: bool = True) -> bytes:
    """Encode a record as JSON, with a line end.

    Args:
        content: Plain data; tensors and NumPy scalars of one element are written as numbers. NaN and infinity are
            written as Python writes them, and :func:`read_record` reads them.
        indent: Spaces per level, None for a single line.
        ascii_only: Whether to escape all other characters. Bytes of a file name that are not UTF-8 always are.

    Returns:
        UTF-8 text.

    Raises:
        TypeError: If it holds anything else.
    """
    text = json.dumps(content, indent=indent, ensure_ascii=ascii_only, default=_plain) + '\n'
    return text.encode('utf-8', 'backslashreplace')


def write_json(
    path: str | Path, content: Any, indent: int | None = 2, durable: bool = True
) -> None:
    """Write a record by :func:`json_bytes`, so that a reader sees the old file or the new one, never half of it.

    Args:
        path: The file; missing folders are made.
        content: Plain data.
        indent: Spaces per level, None for a single line.
        durable: Whether to wait until the disk has it; False for what may be lost in a power cut.
    """
    atomic_write(json_bytes(content, indent), path, durable)


def read_record(path: str | Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    What users write is read by :func:`~vamp_mm.files.read_json`, which refuses NaN.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        RecordError: If it cannot be read, is too large, is not JSON, or has a key twice or thousands of levels.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise RecordError('it is not a file' if path.exists() else 'it does not exist')
        if path.stat().st_size > MAX_RECORD_BYTES:
            raise RecordError(
                f'it has {path.stat().st_size:,} bytes, and at most {MAX_RECORD_BYTES:,} are read'
            )
        content = json.loads(path.read_text(encoding='utf-8'), object_pairs_hook=_once)
    except RecordError:
        raise
    except OSError as error:
        raise RecordError(f'it cannot be read ({error.strerror or error})') from error
    except UnicodeDecodeError as error:
        raise RecordError('it is not UTF-8 text') from error
    except RecursionError as error:
        raise RecordError('it is nested too deeply') from error
    except ValueError as error:  # cut, empty, not JSON, or an integer of thousands of digits
        raise RecordError(f'it is not JSON ({error})') from error
    if not isinstance(content, dict):
        raise RecordError(f'it holds a {type(content).__name__} in place of an object')
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if (key := key_twice(pairs)) is not None:
        raise RecordError(f'it has the key {key[:80]!r} twice')
    return dict(pairs)


def _plain(value: Any) -> Any:
    if hasattr(value, 'item'):
        return value.item()
    raise TypeError(f'{value!r} of type {type(value).__name__} cannot be written as JSON')
