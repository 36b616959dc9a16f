"""Recompute every size and fingerprint of a file of protocol vectors from split files.

vamp_mm check-lists --vectors test_vectors.json --splits splits

Exits with 0 if all that could be checked is equal, 1 if something differs, 2 if nothing could be checked.
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('--vectors', required=True, help='JSON file of recorded values')
    parser.add_argument('--splits', required=True, help='folder of split_zhou_*.json files')
    parser.add_argument(
        '--strict', action='store_true', help='exit with 2 if anything could not be checked'
    )


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    with loading():
        from vamp_mm.data_tools.check_lists import compare_lists

    return compare_lists(args.vectors, args.splits, args.strict)
