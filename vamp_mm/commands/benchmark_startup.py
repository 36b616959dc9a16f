"""Time how long commands take to start, beside an import of torch.

vamp_mm benchmark-startup
vamp_mm benchmark-startup --runs work_dirs/benchmark --rounds 9
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vamp_mm.cli import UsageError, loading, whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('--runs', metavar='DIR', help='finished runs, to time a report of them too')
    parser.add_argument('--rounds', type=whole(1), default=5, help='processes per command')


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    if args.runs is not None and next(Path(args.runs).rglob('result.json'), None) is None:
        raise UsageError(
            f'--runs {args.runs!r} holds no result.json; give a folder of finished runs'
        )
    with loading():
        from vamp_mm.analysis.speed.startup import benchmark_startup

    benchmark_startup(args.runs, args.rounds)
