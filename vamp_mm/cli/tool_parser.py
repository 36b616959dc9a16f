"""The argument parser of all tools."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

#: Option of every tool that shows where an error was raised.
TRACEBACK = '--traceback'


class UsageError(Exception):
    """Options that do not go together; shown like an error of the parser."""


class ToolParser(argparse.ArgumentParser):
    """A parser with errors of one line, defaults in its help, and ``--traceback`` for every tool.

    Args:
        description: What the tool does, with examples.
        prog: The command's name in messages; that of the script if not given.
    """

    def __init__(self, description: str | None, prog: str | None = None) -> None:
        # shortened options would let --out of one tool be --outside in another
        super().__init__(
            prog=prog,
            description=description,
            formatter_class=_HelpFormatter,
            allow_abbrev=False,
        )
        self.add_argument(
            TRACEBACK,
            action=_ReadElsewhere,
            help='show where an error was raised, in place of one sentence',
        )

    def parse_args(self, args: Iterable[str] | None = None, namespace: Any = None) -> Any:
        """Parse the command line; an error names the option closest to a misspelt one, and no word may be empty.

        Args:
            args: Words; those of the process if not given.
            namespace: Takes the values.

        Returns:
            The values.
        """
        found, rest = self.parse_known_args(args, namespace)
        if rest:
            self.error(self._unknown(rest))
        for action in self._actions:
            value = getattr(found, action.dest, None)
            if value == '' or (isinstance(value, list) and '' in value):
                name = '/'.join(action.option_strings) or action.metavar or action.dest
                self.error(f'{name} is empty: a variable of the shell that is not set?')
        return found

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with 2.

        Args:
            message: What is wrong.
        """
        self.exit(2, f'{self.prog}: {message} (--help lists all options)\n')

    def _unknown(self, rest: Sequence[str]) -> str:
        options = [word.partition('=')[0] for word in rest if word.startswith('-')]
        if not options:
            return f'{" ".join(map(repr, rest))}: more words than this command takes; a value with blanks needs quotes'
        # without the dashes, which all options share
        known = {
            option.lstrip('-'): option
            for action in self._actions
            for option in action.option_strings
        }
        found = difflib.get_close_matches(options[0].lstrip('-'), known, n=2, cutoff=0.6)
        near = [known[name] for name in found]
        return f'{options[0]!r} is not an option' + (
            f'; did you mean {" or ".join(near)}?' if near else ''
        )


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Type of an option that takes a whole number.

    Args:
        least: The smallest allowed.
        most: The largest allowed; None for any.

    Returns:
        The function that reads it.
    """

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number') from None
        if number < least or (most is not None and number > most):
            bound = f'from {least} on' if most is None else f'from {least} to {most}'
            raise argparse.ArgumentTypeError(f'{number} must be {bound}')
        return number

    return read


def refuse_existing(option: str, file: str | None, mine: bytes | None = None) -> None:
    """Refuse to replace a file, before anything is computed for it.

    Args:
        option: The option that names it, such as ``--out``.
        file: The file, None for none.
        mine: What a file begins with that may be replaced.

    Raises:
        UsageError: If it exists and is another file.
    """
    if file is None or not os.path.lexists(file):
        return
    if mine is not None and os.path.isfile(file):
        with open(file, 'rb') as opened:
            if opened.read(len(mine)) == mine:
                return
    again = '' if mine is not None else ', or --overwrite to replace it'
    raise UsageError(f'{option} {file!r} exists; give another name{again}')


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Adds the default of each option that has one; a switch has none."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        default = action.default
        if default is None or isinstance(default, bool) or default is argparse.SUPPRESS:
            return action.help
        words = default if isinstance(default, (list, tuple)) else [default]
        shown = ' '.join(map(str, words)).replace('%', '%%')
        return f'{action.help} (default: {shown})' if shown else action.help


class _ReadElsewhere(argparse.Action):
    """Takes the option without a value: what runs the tool looks at the command line itself."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(
            option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, **options
        )

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Do nothing."""
