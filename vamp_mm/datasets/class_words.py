"""Class names that a prompt can hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

#: Characters of a class name. CLIP reads 77 tokens, about 300 characters.
MAX_NAME = 1000
_NUMBERED = re.compile(r'\s*(\d{1,6})[\s,;:.=]+\S')


def number_fault(names: Sequence[str]) -> str | None:
    """Say that lines begin with the numbers of the classes, as in some datasets' own files; None if they do not.

    Args:
        names: Two lines or more, each of which should be a class name.

    Returns:
        A clause for a message. Names that begin with other numbers are names.
    """
    found = [_NUMBERED.match(name) for name in names]
    numbers = sorted(int(match[1]) for match in found if match)
    first = numbers[0] if numbers else -1
    if len(names) < 2 or first not in (0, 1) or numbers != [*range(first, first + len(names))]:
        return None
    return f'every line begins with a number ({names[0]!r}); write the names alone, one a line, that of label 0 first'


def name_fault(name: str) -> str | None:
    """Why a class name cannot stand in a prompt, None if it can.

    Args:
        name: The name.

    Returns:
        The end of a sentence that begins with "the class name".
    """
    if len(name) > MAX_NAME:
        return f'has {len(name):,} characters, at most {MAX_NAME:,} are allowed: {name[:40]!a}...'
    kinds = {unicodedata.category(letter) for letter in name} if not name.isprintable() else set()
    if 'Cs' in kinds:
        return (
            f'is {name!a}: half of a surrogate pair is not a letter and cannot be written as '
            'UTF-8; write the letter itself'
        )
    if 'Cc' in kinds:
        return (
            f'is {name!a}, which holds a control character such as a line break or tab; take it out'
        )
    if not name.replace('_', ' ').strip() or (kinds and not any(map(_visible, name))):
        return f'is {name!a}, in which nothing can be seen; write a name'
    return None


def _visible(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in 'CZ'
