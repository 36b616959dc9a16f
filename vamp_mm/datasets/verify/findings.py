"""One thing that was found out about a dataset."""

from __future__ import annotations

from dataclasses import dataclass

#: Training or testing would fail, or not be the benchmark.
ERROR = 'error'
#: It works, but look at it.
WARNING = 'warning'
#: Good to know; nothing is to be done.
NOTE = 'note'


@dataclass(frozen=True)
class Finding:
    """Something about a dataset, with the next step.

    Args:
        level: :data:`ERROR`, :data:`WARNING` or :data:`NOTE`.
        what: What was found, with its number.
        advice: What to do; empty if nothing is to be done.
        examples: Where it was found.
    """

    level: str
    what: str
    advice: str = ''
    examples: tuple[str, ...] = ()
