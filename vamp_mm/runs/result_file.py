"""Reading the result file of a run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from vamp_mm.files import RecordError, read_record

#: The file that every run leaves.
RESULT = 'result.json'
#: Every number of a result is smaller than this.
_LARGEST = 1e15


def read_result(path: str | Path, config_hash: str | None = None) -> dict[str, Any] | None:
    """Read a result file.

    Args:
        path: The file.
        config_hash: Results of other configs do not count; None takes any.

    Returns:
        Its content; None if there is none, it cannot be read, or it is not a result of that config.
    """
    try:
        content = read_record(path)
    except RecordError:
        return None
    if not isinstance(content.get('metrics'), dict):
        return None
    return content if config_hash in (None, content.get('config_hash')) else None


def is_number(value: Any) -> bool:
    """Whether a value of a result file is a finite number that can be used in sums; true and false are not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return (
        abs(value) < _LARGEST
        if isinstance(value, int)
        else math.isfinite(value) and abs(value) < _LARGEST
    )
