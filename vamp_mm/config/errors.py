"""Errors of the commands, and suggestions for a misspelt key."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

#: Source of an error that concerns an option or argument and no config: one sentence is shown without a prefix.
THE_CALL = 'the call'


class ConfigError(ValueError):
    """A config, or an option that changes one, that cannot mean what is written.

    Args:
        problems: One sentence each; all of them are shown. Text is one sentence.
        source: The config file, if it has one.
    """

    def __init__(self, problems: Iterable[str], source: str | None = None) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        self.source = source
        where = source or 'the config'
        one = len(self.problems) == 1
        prefix = '' if source == THE_CALL else f'{where}: '
        super().__init__(
            f'{prefix}{self.problems[0]}'
            if one
            else '\n  - '.join([f'{len(self.problems)} problems in {where}:', *self.problems])
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems, self.source)  # for other processes of the run


class WorkDirError(FileExistsError):
    """A work directory that holds an earlier run."""


def closest(word: str, allowed: Iterable[str]) -> str:
    """Suggest what a misspelt word may have meant.

    Args:
        word: What was written.
        allowed: What may be written.

    Returns:
        A clause that names the closest allowed words; if none is close, the first dozen of them.
    """
    allowed = sorted(map(str, allowed))
    found = near(word, allowed)
    if found:
        return 'did you mean ' + ' or '.join(repr(item) for item in found) + '?'
    if not allowed:
        return 'no key is allowed here'
    shown = ', '.join(allowed[:12]) + (', ...' if len(allowed) > 12 else '')
    return f'allowed: {shown}'


def near(word: str, allowed: Iterable[str], likeness: float = 0.6) -> list[str]:
    """Allowed words that a misspelt one may have meant.

    Args:
        word: What was written.
        allowed: What may be written.
        likeness: How alike they must be, from 0 to 1.

    Returns:
        At most three, the closest first; the one that differs in upper and lower case or signs only, if there is one.
    """
    allowed = list(allowed)
    same = [item for item in allowed if _plain(item) == _plain(word)]
    return same or difflib.get_close_matches(word, allowed, n=3, cutoff=likeness)


def _plain(word: str) -> str:
    return ''.join(letter for letter in word.casefold() if letter.isalnum())
