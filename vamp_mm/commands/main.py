"""The console script ``vamp_mm``."""

from __future__ import annotations

import argparse
import difflib
import sys
from itertools import groupby

from vamp_mm.cli import command
from vamp_mm.version import __version__

from .completion import SHELLS, print_completion
from .launch import parser_of, run_command
from .table import COMMANDS

PROGRAM = 'vamp_mm'


def main() -> None:
    """Run the command that the first word names; the other words are its options."""
    words = sys.argv[1:]
    if words and words[0] in COMMANDS:
        row = COMMANDS[words[0]]
        run_command(row, parser_of(row, prog=f'{PROGRAM} {row.name}'), words[1:])
    else:
        _without_command()


@command
def _without_command() -> None:
    words = sys.argv[1:]
    parser = _Parser(
        prog=PROGRAM,
        description='Prompt learning for CLIP-style vision-language models.',
        epilog=_list_of_commands(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage='%(prog)s COMMAND [options]\n       %(prog)s COMMAND --help',
        allow_abbrev=False,
    )
    parser.add_argument('--version', action='version', version=f'{PROGRAM} {__version__}')
    parser.add_argument(
        '--completion',
        choices=SHELLS,
        metavar='SHELL',
        help=f'print the completion script for {", ".join(SHELLS)}; put it where the shell reads it',
    )
    if not words:
        parser.print_help()
        return
    if not words[0].startswith('-'):
        near = difflib.get_close_matches(words[0], COMMANDS, n=2, cutoff=0.6)
        hint = f'; did you mean {" or ".join(near)}?' if near else ''
        parser.error(f'{words[0]!r} is not a command{hint}')
    args = parser.parse_args(words)
    if args.completion:
        print_completion(args.completion)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(2, f'{self.prog}: {message} (--help lists all commands)\n')


def _list_of_commands() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = []
    for group, rows in groupby(COMMANDS.values(), key=lambda row: row.group):
        lines += [f'{group}:', *(f'  {row.name:<{width}}{row.summary}' for row in rows), '']
    return '\n'.join(lines).rstrip()
