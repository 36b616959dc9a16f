"""The class names that a model answers about."""

from __future__ import annotations

import html
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """Class names, the templates that turn a name into a sentence, and whether the classes were trained on.

    Args:
        names: The C class names in label order, as they are in the dataset (underscores allowed).
        templates: One or more sentences with exactly one ``{}``; several form an ensemble.
        seen: Whether the model was trained on these classes (MMRL answers differently on unseen ones).
        homonyms: Names that are known to stand for several labels (ImageNet's ``missile`` and ``sunglasses``): their
            labels get the same text, and a tie goes to the lower label.

    Raises:
        ValueError: If there is no name or no template, a name is empty or occurs twice without being one of
            ``homonyms``, or a template has no ``{}`` or more than one.
    """

    names: tuple[str, ...]
    templates: tuple[str, ...] = ('a photo of a {}.',)
    seen: bool = True
    homonyms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, 'names', _strings(self.names, 'names'))
        object.__setattr__(self, 'templates', _strings(self.templates, 'templates'))
        object.__setattr__(self, 'homonyms', _strings(self.homonyms, 'homonyms', may_be_empty=True))
        _check_names(self.names, self.homonyms)
        for template in self.templates:
            if template.count('{}') != 1:
                raise ValueError(
                    f"template {template!r} must hold exactly one '{{}}' for the class name, "
                    "for example 'a photo of a {}.'"
                )

    @property
    def sentences(self) -> tuple[tuple[str, ...], ...]:
        """One tuple of C sentences per template, underscores of the names shown as blanks."""
        words = [name.replace('_', ' ') for name in self.names]
        return tuple(
            tuple(template.replace('{}', word) for word in words) for template in self.templates
        )

    def __len__(self) -> int:
        return len(self.names)


def _strings(value: str | Sequence[str], key: str, may_be_empty: bool = False) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError(
            f'{key} must be a sequence of strings, got the single string {value!r}; '
            f'write ({value!r},)'
        )
    value = tuple(value)
    wrong = [item for item in value if not isinstance(item, str)]
    if wrong:
        raise TypeError(
            f'{key} must hold strings only, got {wrong[0]!r} of type {type(wrong[0]).__name__}'
        )
    if not value and not may_be_empty:
        raise ValueError(f'{key} is empty; give at least one')
    return value


def _check_names(names: tuple[str, ...], homonyms: tuple[str, ...]) -> None:
    empty = [index for index, name in enumerate(names) if not name.replace('_', ' ').strip()]
    if empty:
        raise ValueError(f'the class name of label {empty[0]} is empty: {names[empty[0]]!r}')
    # The prompt shows '_' as a blank and the tokenizer folds case: names equal after that get equal text.
    texts = [as_read(name) for name in names]
    known = {as_read(name) for name in homonyms}
    twice = [text for text, count in Counter(texts).items() if count > 1 and text not in known]
    if twice:
        labels = [index for index, text in enumerate(texts) if text == twice[0]]
        raise ValueError(
            f'class name {twice[0]!r} stands for several labels {labels}: the text side cannot tell '
            'them apart; rename one of them'
        )


def all_seen(names: Iterable[str], trained: Iterable[str] | None) -> bool:
    """Whether classes count as those that a model was trained on.

    Args:
        names: Class names; compared as the text side reads them.
        trained: Class names of the training; None or empty if they are unknown.

    Returns:
        True if all of them were trained on, or if the classes of the training are unknown.
    """
    known = {as_read(name) for name in trained or ()}
    return not known or known.issuperset(map(as_read, names))


def as_read(name: str) -> str:
    """A class name as the text side reads it; names equal in this get equal text.

    Args:
        name: The name as it is written.

    Returns:
        Blanks for underscores, no capitals, HTML entities resolved.
    """
    # twice, as CLIP's tokenizer
    plain = unicodedata.normalize('NFC', html.unescape(html.unescape(name)))
    return ' '.join(plain.replace('_', ' ').lower().split())
