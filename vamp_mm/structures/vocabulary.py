"""The class names that a model answers about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """Class names, the templates that turn a name into a sentence, and whether the classes were trained on.

    Args:
        names: The C class names in label order, as they stand in the dataset (underscores allowed).
        templates: One or more sentences with exactly one ``{}``; several form an ensemble.
        seen: Whether the model was trained on these classes (MMRL answers differently on unseen ones).

    Raises:
        ValueError: If there is no name or no template, a name is empty or occurs twice, or a template has no
            ``{}`` or more than one.
    """

    names: tuple[str, ...]
    templates: tuple[str, ...] = ('a photo of a {}.', )
    seen: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, 'names', _strings(self.names, 'names'))
        object.__setattr__(self, 'templates', _strings(self.templates, 'templates'))
        _check_names(self.names)
        for template in self.templates:
            if template.count('{}') != 1:
                raise ValueError(f"template {template!r} must hold exactly one '{{}}' for the class name, "
                                 "for example 'a photo of a {}.'")

    @property
    def sentences(self) -> tuple[tuple[str, ...], ...]:
        """One tuple of C sentences per template, underscores of the names shown as blanks."""
        words = [name.replace('_', ' ') for name in self.names]
        return tuple(
            tuple(template.replace('{}', word) for word in words) for template in self.templates)

    def __len__(self) -> int:
        return len(self.names)


def _strings(value: str | Sequence[str], key: str) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError(f'{key} must be a sequence of strings, got the single string {value!r}; '
                        f'write ({value!r},)')
    value = tuple(value)
    wrong = [item for item in value if not isinstance(item, str)]
    if wrong:
        raise TypeError(f'{key} must hold strings only, got {wrong[0]!r} of type {type(wrong[0]).__name__}')
    if not value:
        raise ValueError(f'{key} is empty; give at least one')
    return value


def _check_names(names: tuple[str, ...]) -> None:
    empty = [index for index, name in enumerate(names) if not name.replace('_', ' ').strip()]
    if empty:
        raise ValueError(f'the class name of label {empty[0]} is empty: {names[empty[0]]!r}')
    # The prompt shows '_' as a blank and the tokenizer folds case: names equal after that get equal text.
    counts = Counter(' '.join(name.replace('_', ' ').lower().split()) for name in names)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        labels = [i for i, n in enumerate(names) if ' '.join(n.replace('_', ' ').lower().split()) == twice[0]]
        raise ValueError(f'class name {twice[0]!r} stands for several labels {labels}: the text side cannot tell '
                         'them apart; rename one of them')
