"""Tables in the papers' layout from the result files of runs.

vamp_mm report work_dirs/benchmark
vamp_mm report work_dirs/benchmark --compare vamp mmrl
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('folders', nargs='+', metavar='DIR', help='folders that hold runs')
    parser.add_argument('--out', help='where the files go; DIR/report if not given')
    parser.add_argument(
        '--compare', nargs=2, metavar='METHOD', help='test the difference of two methods over seeds'
    )
    parser.add_argument(
        '--newest',
        action='store_true',
        help='of runs that differ only in their config, take the newest instead of stopping',
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.report import make_report

    make_report(args.folders, args.out, args.compare and tuple(args.compare), args.newest)
