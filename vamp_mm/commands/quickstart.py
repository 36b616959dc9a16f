"""Build the embedded benchmark, compare zero-shot CLIP with VaMP on it, and draw two figures.

vamp_mm quickstart
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading
from vamp_mm.config.key_values import add_overrides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        '--work-dir',
        default='work_dirs/quickstart',
        help='where results go; those of an earlier quickstart are replaced',
    )
    parser.add_argument('--data', default='data', help='folder of the data sets')
    parser.add_argument('--seed', type=int, default=1, help='seed of training and few-shot subset')
    add_overrides(parser, 'set single values in both runs')


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.apis.quickstart import quickstart

    quickstart(args.work_dir, args.data, args.seed, args.overrides)
