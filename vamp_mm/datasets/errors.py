"""What is raised about data that a user can put right."""

from __future__ import annotations

import reprlib

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
