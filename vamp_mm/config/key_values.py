"""``KEY=VALUE`` on the command line, in all tools."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import ConfigError
from .literals import read_value


def add_overrides(parser: argparse._ActionsContainer, meaning: str, *aliases: str) -> None:
    """Add the option ``--cfg-options KEY=VALUE ...``; what it holds is called ``overrides``.

    Args:
        parser: Parser, or a group of one.
        meaning: Its help.
        *aliases: Further names of the option.
    """
    parser.add_argument(
        *aliases,
        '--cfg-options',
        dest='overrides',
        nargs='+',
        action=KeyValues,
        metavar='KEY=VALUE',
        help=f"{meaning}; a value is read as Python writes it (0.5, None, True, [1, 2], dict(type='X')), and anything "
        'else is taken as text',
    )


class KeyValues(argparse.Action):
    """Collects ``KEY=VALUE`` words into a dict; an option that is given again adds to it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Read the words of one option.

        Args:
            parser: Unused.
            namespace: Takes the dict.
            values: The words.
            option_string: The option, for messages.

        Raises:
            ConfigError: If a word has no ``=`` or no key, a value cannot be read, or a key is given twice.
        """
        words = [values] if isinstance(values, str) else list(values or ())
        given = dict(getattr(namespace, self.dest, None) or {})
        setattr(
            namespace,
            self.dest,
            read_key_values(words, given, option_string or self.option_strings[0]),
        )


def read_key_values(
    words: Iterable[str], given: dict[str, Any] | None = None, option: str = '--cfg-options'
) -> dict[str, Any]:
    """Read words of the form ``KEY=VALUE``, split at the first ``=``.

    Args:
        words: What was typed.
        given: What was read before.
        option: The option, for messages.

    Returns:
        Dotted key -> value (:func:`~vamp_mm.config.literals.read_value`).

    Raises:
        ConfigError: If a word has no ``=`` or no key, a value cannot be read, a key is given twice or below another.
    """
    found = dict(given or {})
    for word in words:
        key, equals, text = word.partition('=')
        if not equals:
            raise ConfigError(
                [
                    f'{option} {word!r} has no "="; write KEY=VALUE, in quotes where it holds blanks, and put '
                    'files and folders before this option'
                ],
                'the command line',
            )
        if not all(part.strip() for part in key.split('.')):
            raise ConfigError(
                [
                    f'{option} {word!r} has an empty part in its key; write KEY=VALUE, for example '
                    'model.head.alpha=0.5'
                ],
                'the command line',
            )
        if key in found:
            raise ConfigError(
                [f'{option} sets {key!r} twice; keep one of the two'], 'the command line'
            )
        try:
            found[key] = read_value(text)
        except ValueError as error:
            raise ConfigError([f'{key!r} cannot be set: {error}'], 'the command line') from error
    problems = nested_keys(found)
    if problems:
        raise ConfigError(problems, 'the command line')
    return found


def nested_keys(keys: Iterable[str]) -> list[str]:
    """What is wrong with keys of which one is inside another: which of the two counts would depend on their order.

    Args:
        keys: Dotted keys.

    Returns:
        One sentence per pair.
    """
    known = set(keys)
    problems = []
    for key in sorted(known):
        parts = key.split('.')
        above = [
            '.'.join(parts[:end]) for end in range(1, len(parts)) if '.'.join(parts[:end]) in known
        ]
        problems += [
            f'{upper!r} and {key!r} are both set, and the second is inside the first; set one of them'
            for upper in above
        ]
    return problems
