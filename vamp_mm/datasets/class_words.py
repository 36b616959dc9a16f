"""Class names that a prompt can hold."""

from __future__ import annotations

import unicodedata

#: Characters of a class name. CLIP reads 77 tokens, about 300 characters.
MAX_NAME = 1000


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
