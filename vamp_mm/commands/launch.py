"""From a command line to the function of a command."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from vamp_mm.cli import ToolParser, UsageError, command
from vamp_mm.config.paths import require_config

from .table import COMMANDS, Command


def parser_of(row: Command, prog: str | None = None, call: str = '') -> ToolParser:
    """The parser of one command.

    Args:
        row: The command.
        prog: Its name in messages; that of the script if not given.
        call: How its examples call it, in place of ``vamp_mm NAME``.

    Returns:
        The parser.
    """
    module = row.load()
    text = module.__doc__ or ''
    if call:
        text = re.sub(rf'^vamp_mm {row.name}\b', call, text, flags=re.MULTILINE)
    parser = ToolParser(text, prog)
    module.add_arguments(parser)
    return parser


def run_command(row: Command, parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Read the words, run the command, and end the process with one sentence if that fails.

    Args:
        row: The command.
        parser: Its parser.
        words: The command line after its name.
    """

    @command(next_step=row.next_step, outlives_reader=row.outlives_reader)
    def main() -> None:
        args = parser.parse_args(words)
        _check_config(args)
        try:
            code = row.load().run(args)
        except UsageError as error:
            parser.error(str(error))
        sys.exit(code or 0)

    main()


def _check_config(args: argparse.Namespace) -> None:
    """Find a misspelt config before anything heavy is imported."""
    config = getattr(args, 'config', None)
    # predictions may be given in its place
    if config is not None and not config.endswith('.jsonl'):
        require_config(config)


def run_tool(name: str) -> None:
    """What a script under ``tools/`` does: the command of that name, with the words of this process.

    Args:
        name: Name of the command.
    """
    row = COMMANDS[name]
    run_command(row, parser_of(row, call=f'python tools/{row.tool}'), sys.argv[1:])
