"""Class names that the text side can tell apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from vamp_mm.messages import some

from ..class_words import name_fault
from ..errors import DataError


def tidy_name(name: str) -> str:
    """A class name as it is stored: composed Unicode (NFC), no blanks around it.

    Some file systems hand out decomposed letters, so one folder name would be two classes on two
    machines. Case and underscores stay; underscores become blanks in the prompt.
    """
    return unicodedata.normalize('NFC', name).strip()


def folded(name: str) -> str:
    """What is left of a name in the prompt: names equal in this get the same text."""
    plain = unicodedata.normalize('NFKC', name).casefold()
    return ' '.join(plain.replace('_', ' ').split())


def check_names(names: Iterable[str], where: str) -> None:
    """Refuse names that no prompt can hold, or that differ only in case, underscores, blanks or Unicode form.

    Args:
        names: Distinct class names.
        where: Name of the source, for the message.

    Raises:
        DataError: With the name, or with all groups of names that fall together.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        fault = name_fault(name)
        if fault is not None:
            raise DataError(f'{where}: the class name {fault}')
        groups.setdefault(folded(name), []).append(name)
    same = [' = '.join(map(repr, sorted(group))) for group in groups.values() if len(group) > 1]
    if same:
        raise DataError(
            f'{where}: {len(same)} class name(s) are written in several ways that differ only in '
            f'case, underscores, blanks or Unicode form, and would get the same prompt: '
            f'{some(same, "; ")}. Give each class one spelling'
        )
