"""HTML and SVG elements as text, everything escaped that is not markup already."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable

from markupsafe import Markup

Child = str | Markup | Iterable['Child'] | None
_EMPTY = ('meta', 'link')


def element(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """An element with its content.

    Args:
        name: Of the element.
        *children: Markup goes in as it is, other text is escaped; sequences are joined and None is left out.
        **attributes: Values are escaped; False and None leave one out, True writes its name only. An underscore stands
            for a hyphen, one at the end keeps Python's words free (``class_``).

    Returns:
        The markup.
    """
    words = [name]
    for key, value in attributes.items():
        key = key.rstrip('_').replace('_', '-')
        if value is True:
            words.append(key)
        elif value is not None and value is not False:
            text = value if isinstance(value, str) else number(value)
            words.append(f'{key}="{html.escape(text)}"')
    start = f'<{" ".join(words)}>'
    return Markup(start if name in _EMPTY else f'{start}{join(children)}</{name}>')


def join(children: Child, between: str = '') -> Markup:
    """Children one behind the other.

    Args:
        children: See :func:`element`.
        between: Goes between them.

    Returns:
        The markup.
    """
    if children is None or isinstance(children, Markup):
        return Markup(children or '')
    if isinstance(children, str):
        return Markup(html.escape(children))
    return Markup(between.join(join(child) for child in children))


def number(value: float) -> str:
    """A coordinate with one decimal, as short as it can be written.

    Args:
        value: The coordinate.

    Returns:
        Its digits.

    Raises:
        ValueError: If it is infinite or not a number; a picture must not silently lose a mark.
    """
    if not math.isfinite(value):
        raise ValueError(f'{value} is no coordinate; leave such values out before drawing')
    text = f'{value:.1f}'.removesuffix('.0')
    return '0' if text == '-0' else text
