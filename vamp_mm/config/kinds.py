"""Whether a value may replace another: a word does not replace a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

#: How people write Python's words elsewhere.
_SPELT = {
    'true': True,
    'false': False,
    'yes': True,
    'no': False,
    'on': True,
    'off': False,
    'none': None,
    'null': None,
    '~': None,
}
_OPENING, _CLOSING = ('[', '(', '{', 'dict('), (']', ')', '}')
_SHOWN = 60


def refusal(dotted: str, old: Any, value: Any) -> str | None:
    """Why a value cannot replace another.

    Only a word for a number, a number for a dict and the like are refused; None may become anything, and a name that
    names a component (``source='caltech101'``) the component itself. One item may replace a list of such items.

    Args:
        dotted: Key of the place.
        old: What is there, or the constructor's default.
        value: What is to be there.

    Returns:
        One sentence; None if the value is allowed there.
    """
    was, becomes = _kinds(old), _kinds(value)
    spelt_out = isinstance(old, str) and isinstance(value, Mapping) and 'type' in value
    if isinstance(value, str) and not isinstance(old, str):
        problem = _doubtful(dotted, value, old)
        if problem:
            return problem
    if not (was and becomes) or was & becomes or spelt_out:
        return None
    words = (
        f'{dotted!r} is {short(old)}, {_name(old)}; it cannot become {short(value)}, {_name(value)}'
    )
    return words + _hint(dotted, old, value, was)


def short(value: Any) -> str:
    """A value as Python writes it, cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # integers beyond Python's own bound
        text = f'a {type(value).__name__}'
    return text if len(text) <= _SHOWN else f'{text[:_SHOWN]}... ({len(text)} characters)'


def _kinds(value: Any) -> set[str]:
    """The rough kind of a value; of a list, its items. Empty if anything is allowed there."""
    if isinstance(value, (list, tuple)):
        return set().union(*map(_kinds, value)) if value else set()
    for kind, name in (
        (str, 'word'),
        (bool, 'switch'),
        ((int, float), 'number'),
        (Mapping, 'dict'),
    ):
        if isinstance(value, kind):
            # 0 and 1 are also switches
            return {name, 'switch'} if name == 'number' and value in (0, 1) else {name}
    return set()


def _name(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return 'a list' if isinstance(value, list) else 'a tuple'
    for kind, name in (
        (str, 'a word'),
        (bool, 'True or False'),
        ((int, float), 'a number'),
        (Mapping, 'a dict'),
    ):
        if isinstance(value, kind):
            return name
    return f'a {type(value).__name__}'


def _hint(dotted: str, old: Any, value: Any, was: set[str]) -> str:
    """What was probably meant."""
    if 'word' in was and isinstance(old, str):
        return f'; if the text is meant, keep its quotes from the shell: {dotted}="{str(value)!r}"'
    if 'number' in was and _is_decimal_comma(value):
        return '; the decimal sign is a point'
    if not isinstance(value, str):
        return ''
    if value.lower() in _SPELT and ('number' not in was or _SPELT[value.lower()] is None):
        return f'; did you mean {_SPELT[value.lower()]}?'
    if isinstance(old, (list, tuple)):
        return "; a list is written [1, 2] or ['a', 'b'], its words in quotes"
    if isinstance(old, Mapping):
        return "; a dict is written dict(type='X', n=1), its words in quotes"
    return _number(value, isinstance(old, int))


def _number(value: str, whole: bool) -> str:
    """The number that a text holds, as a number of the kind that was there."""
    try:
        read = int(value) if whole else float(value)
    except ValueError:
        return ''
    if not math.isfinite(read):
        return ''
    yaml = ' (YAML takes 1e-3 for a word and 1.0e-3 for a number)' if 'e' in value.lower() else ''
    return f'; did you mean {read!r}?{yaml}'


def _is_decimal_comma(value: Any) -> bool:
    """Whether a value was probably written as 0,002 or 1,5."""
    if isinstance(value, tuple):
        return len(value) == 2 and all(type(item) is int for item in value)
    whole, comma, rest = value.strip().partition(',') if isinstance(value, str) else ('', '', '')
    return bool(comma) and whole.lstrip('+-').isdecimal() and rest.isdecimal()


def _doubtful(dotted: str, value: str, old: Any) -> str | None:
    """A word that was probably meant as something else, where no word was."""
    where = f'{dotted!r} is {short(old)}; it cannot become the word {short(value)}'
    if value.lower() in _SPELT and old is None:
        return f'{where}; did you mean {_SPELT[value.lower()]}? (A config file can hold the word, if it is meant.)'
    if value.startswith(_OPENING) and value.endswith(_CLOSING):
        return (
            f'{where}, which looks like a list or a dict that Python cannot read; its words need quotes, as in '
            "['a', 'b'] or dict(type='X', n=1)"
        )
    return None
