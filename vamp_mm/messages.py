"""Parts of messages: long lists and long texts, cut so that the reader sees that they were."""

from __future__ import annotations

from collections.abc import Sequence


def some(things: Sequence[object], sep: str = ', ', most: int = 10) -> str:
    """The first of some things, and how many more there are.

    Args:
        things: What is listed.
        sep: What separates them.
        most: How many are shown.

    Returns:
        Such as ``a, b, ... and 3 more``.
    """
    shown = sep.join(map(str, things[:most]))
    return shown + (f'{sep}... and {len(things) - most} more' if len(things) > most else '')


def cut(text: str, most: int = 60) -> str:
    """The beginning of a text, with dots in place of the rest.

    Args:
        text: Of a file or user.
        most: How many characters are shown.

    Returns:
        The text, at most ``most + 3`` characters.
    """
    return text if len(text) <= most else f'{text[:most]}...'
