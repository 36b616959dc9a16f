"""Ablation table from the result files of runs: variants of a method, and how far they are from the baseline.

vamp_mm ablation-table work_dirs/benchmark
vamp_mm ablation-table work_dirs/benchmark --baseline 'vamp (model.prompter.prior=standard)'
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('folders', nargs='+', metavar='DIR', help='folders that hold runs')
    parser.add_argument(
        '--baseline',
        metavar='NAME',
        help='row that differences are taken to; the one without overrides if not given',
    )
    parser.add_argument(
        '--out', metavar='DIR', help='where the files go; DIR/ablation if not given'
    )
    parser.add_argument(
        '--newest',
        action='store_true',
        help='of runs that differ only in their config, take the newest instead of stopping',
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.report import make_ablation

    make_ablation(args.folders, args.baseline, args.out, args.newest)
