"""Build the embedded icon benchmark.

vamp_mm build-icons --out data
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vamp_mm.cli import loading, whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('--out', default='data', help='data folder; "icons" is made in it')
    parser.add_argument('--classes', type=whole(2, 50), default=50, help='number of classes')
    parser.add_argument(
        '--train', type=whole(1, 10_000), default=24, help='training pictures of a class'
    )
    parser.add_argument(
        '--val', type=whole(1, 10_000), default=8, help='validation pictures of a class'
    )
    parser.add_argument(
        '--test', type=whole(1, 10_000), default=30, help='test pictures of a class'
    )
    parser.add_argument(
        '--size', type=whole(8, 1024), default=64, help='side of a picture in pixels'
    )
    parser.add_argument('--seed', type=int, default=0, help='seed of the drawing')
    parser.add_argument('--overwrite', action='store_true', help='replace other settings')


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.datasets.icons import BenchmarkSpec, build_benchmark

    values = vars(args)
    out, overwrite = Path(values.pop('out')), values.pop('overwrite')
    print(build_benchmark(out, BenchmarkSpec(**values), overwrite))
