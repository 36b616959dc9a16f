"""Turn the official archives of a dataset, as downloaded, into the layout of the benchmark. No network.

vamp_mm prepare dtd                                     # which files are needed, and from where
vamp_mm prepare dtd --archives ~/downloads --out data
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('name', help='a dataset of the benchmark')
    parser.add_argument(
        '--archives', help='folder with the downloaded files; without it they are only listed'
    )
    parser.add_argument('--out', default='data', help='folder that holds the datasets')
    parser.add_argument('--overwrite', action='store_true', help='replace what is already there')
    parser.add_argument(
        '--no-md5', dest='check_md5', action='store_false', help='do not compare MD5 sums'
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.data_tools.prepare import prepare

    prepare(**vars(args))
