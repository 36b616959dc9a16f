"""Completion of commands, options and their choices in the shell."""

from __future__ import annotations

import argparse

import shtab

from .table import COMMANDS

#: Those in which commands with options of their own can be completed.
SHELLS = ('bash', 'zsh')


def print_completion(shell: str) -> None:
    """Print the script that teaches a shell the commands and their options.

    Args:
        shell: One of :data:`SHELLS`.
    """
    parser = argparse.ArgumentParser(prog='vamp_mm')
    commands = parser.add_subparsers()
    for row in COMMANDS.values():
        options = commands.add_parser(row.name, help=row.summary)
        row.load().add_arguments(options)
        for action in options._actions:
            if action.choices is None and action.nargs != 0:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, shell=shell))
