"""Text and JSON that users write: read whole, or refused with one sentence."""

from __future__ import annotations

import json
import math
import os
import stat
from collections import Counter
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

#: Largest text file that is read. The split file of ImageNet, the largest known, has 0.2 GiB.
MAX_BYTES = 1 << 30
#: Digits of a whole number; Python itself refuses more than 4,300, after a long time.
_MAX_DIGITS = 300


class TextFileError(ValueError):
    """A file that is no text or no JSON that can be used; the message names the file and says why."""


def read_text(path: str | PathLike, max_bytes: int = MAX_BYTES) -> str:
    """Read a UTF-8 text file, with or without byte order mark.

    Args:
        path: The file.
        max_bytes: The largest size that is read.

    Returns:
        The text, its line ends as they are.

    Raises:
        FileNotFoundError: If there is no such file.
        TextFileError: If it is not a regular file, is too large, cannot be read, or is not UTF-8 text.
    """
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):  # a FIFO would be waited for without end
            raise TextFileError(
                f'{os.fspath(path)} is not a regular file, but a folder, FIFO, socket or device'
            )
        if found.st_size > max_bytes:
            raise TextFileError(
                f'{os.fspath(path)} has {found.st_size:,} bytes; at most {max_bytes:,} are read'
            )
        content = Path(path).read_bytes()
        # these two begin UTF-16
        if b'\0' in content and content[:2] not in (b'\xff\xfe', b'\xfe\xff'):
            raise TextFileError(
                f'{os.fspath(path)} holds NUL bytes, so it is not text; save it as UTF-8 text'
            )
        return content.decode('utf-8-sig')
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise TextFileError(
            f'{os.fspath(path)} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8, '
            'for example as "CSV UTF-8" in a spreadsheet'
        ) from error
    except OSError as error:
        raise TextFileError(f'cannot read {os.fspath(path)}: {error.strerror or error}') from error


def read_json(path: str | PathLike, max_bytes: int = MAX_BYTES) -> Any:
    """Read a JSON file by :func:`read_text` and :func:`parse_json`.

    Args:
        path: The file.
        max_bytes: The largest size that is read.

    Returns:
        What it holds.

    Raises:
        FileNotFoundError: If there is no such file.
        TextFileError: As the two functions.
    """
    return parse_json(read_text(path, max_bytes), os.fspath(path))


def parse_json(text: str, where: str) -> Any:
    """Decode JSON that means one thing.

    Python's own reader takes the last of two equal keys, and NaN and Infinity, which JSON does not have.

    Args:
        text: The JSON; a byte order mark is passed over.
        where: Name of the source, for messages.

    Returns:
        What it decodes to.

    Raises:
        TextFileError: If it is no JSON, an object has a key twice, a number is not finite or has more than 300 digits,
            or it is nested too deeply.
    """
    try:
        return json.loads(
            text.removeprefix('\ufeff'),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        raise TextFileError(f'{where} is not JSON: {error}') from error
    except RecursionError as error:
        raise TextFileError(f'{where} is nested too deeply: {text[:40]!r}...') from error
    except _Fault as error:
        raise TextFileError(f'{where} {error}') from error


class _Fault(Exception):
    """What is wrong, without the name of the file."""


def key_twice(pairs: Sequence[tuple[str, Any]]) -> str | None:
    """The first key of a JSON object that it has twice, None if there is none; for ``object_pairs_hook``."""
    counts = Counter(key for key, _ in pairs)
    return next((key for key, count in counts.items() if count > 1), None)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if (key := key_twice(pairs)) is not None:
        raise _Fault(f'has the key {key[:80]!r} twice in one object; keep one of them')
    return dict(pairs)


def _constant(name: str) -> Any:
    raise _Fault(f'holds {name}, which is not a number in JSON; write a finite number')


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Fault(f'holds the number {digits[:40]}, which is too large; write a finite number')
    return number


def _int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _Fault(
            f'holds a whole number of {len(digits):,} digits; at most {_MAX_DIGITS} are read'
        )
    return int(digits)
