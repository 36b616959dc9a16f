"""Tables in the papers' layout from the result files of runs.

vamp_mm report work_dirs/benchmark
vamp_mm report work_dirs/benchmark --compare vamp mmrl
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading

from .options import add_runs_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_runs_options(parser)
    parser.add_argument('--out', help='where the files go; DIR/report if not given')
    parser.add_argument(
        '--compare', nargs=2, metavar='METHOD', help='test the difference of two methods over seeds'
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.report import make_report

    make_report(args.folders, args.out, args.compare and tuple(args.compare), args.newest)
