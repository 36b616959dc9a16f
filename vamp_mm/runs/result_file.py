"""Reading JSON that a run left, whatever became of the file since."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from vamp_mm.files import key_twice

#: The file that every run leaves.
RESULT = 'result.json'
#: A result takes some hundred kB; more than this is no result.
MOST_BYTES = 64 * 2**20
#: No number of a result is as large as this.
_LARGEST = 1e15


class ResultFileError(ValueError):
    """A file that is no result, with the reason."""


def read_object(path: str | Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        ResultFileError: If it cannot be read, is too large, no JSON, or JSON with a key twice or thousands of levels.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise ResultFileError('it is no file' if path.exists() else 'it does not exist')
        if path.stat().st_size > MOST_BYTES:
            raise ResultFileError(
                f'it has {path.stat().st_size:,} bytes, more than a result can have ({MOST_BYTES:,})'
            )
        content = json.loads(path.read_text(encoding='utf-8'), object_pairs_hook=_once)
    except ResultFileError:
        raise
    except OSError as error:
        raise ResultFileError(f'it cannot be read ({error.strerror or error})') from error
    except UnicodeDecodeError as error:
        raise ResultFileError('it is no UTF-8 text') from error
    except RecursionError as error:
        raise ResultFileError('it is nested too deeply') from error
    except ValueError as error:  # cut, empty, no JSON, or an integer of thousands of digits
        raise ResultFileError(f'it is no JSON ({error})') from error
    if not isinstance(content, dict):
        raise ResultFileError(f'it holds a {type(content).__name__} in place of an object')
    return content


def is_number(value: Any) -> bool:
    """Whether a value of a result file is a finite number that can be reckoned with; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return (
        abs(value) < _LARGEST
        if isinstance(value, int)
        else math.isfinite(value) and abs(value) < _LARGEST
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if (key := key_twice(pairs)) is not None:
        raise ResultFileError(f'it holds the key {key[:80]!r} twice')
    return dict(pairs)
