"""Ablation table from the result files of runs: variants of a method, and how far they are from the baseline.

vamp_mm ablation-table work_dirs/benchmark
vamp_mm ablation-table work_dirs/benchmark --baseline 'vamp (model.prompter.prior=standard)'
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading

from .options import add_runs_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_runs_options(parser)
    parser.add_argument(
        '--baseline',
        metavar='NAME',
        help='row that differences are taken to; the one without overrides if not given',
    )
    parser.add_argument(
        '--out', metavar='DIR', help='where the files go; DIR/ablation if not given'
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.report import make_ablation

    make_ablation(args.folders, args.baseline, args.out, args.newest)
