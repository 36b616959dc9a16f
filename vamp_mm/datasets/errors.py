"""What is raised about data that a user can put right."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence

_SHOWN = 10
_BRIEF = reprlib.Repr()
(
    _BRIEF.maxlevel,
    _BRIEF.maxlist,
    _BRIEF.maxdict,
    _BRIEF.maxstring,
    _BRIEF.maxlong,
    _BRIEF.maxother,
) = 3, 6, 6, 120, 40, 120


class DataError(ValueError):
    """Images, lists or class names that cannot be used as they are.

    The message says what was found, where, and what to do; a command prints it without a traceback.
    """


class ImageError(DataError, OSError):
    """An image that cannot be decoded."""


def brief(value: object) -> str:
    """A value of a file as a message shows it, cut where it is long or deep."""
    return _BRIEF.repr(value)


def some(things: Sequence[object], sep: str = ', ') -> str:
    """The first ten of ``things``, then how many more there are."""
    shown = sep.join(map(str, things[:_SHOWN]))
    return shown + (f'{sep}... and {len(things) - _SHOWN} more' if len(things) > _SHOWN else '')
