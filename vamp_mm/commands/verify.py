"""Check a dataset: layout, lists, counts, unreadable images, leaks. Exit code 1 if it cannot be used as it is.

vamp_mm verify caltech101 --data-root data
vamp_mm verify /path/to/own/images
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading, whole

from .options import add_column_options, take_columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('name', help='a dataset of the benchmark, or the path of own data')
    parser.add_argument('--data-root', default='data', help='folder that holds the datasets')
    parser.add_argument(
        '--no-decode',
        dest='decode',
        action='store_false',
        help='only look whether the images are there, do not read them',
    )
    parser.add_argument('--workers', type=whole(1), help='threads that read images')
    add_column_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    take_columns(args, 'name')
    with loading():
        from vamp_mm.data_tools.verify import verify

    return 0 if verify(**vars(args)).ok else 1
