"""Check that every key of the given configs (by default all of configs/) is one that something reads.

vamp_mm check
vamp_mm check my_project/my_config.py
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('configs', nargs='*', help='config files')


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    with loading():
        from vamp_mm.config.check_files import check_files

    return 1 if check_files(args.configs) else 0
