"""Compare our methods with recorded runs of the original implementations; exits with 1 if one differs.

vamp_mm check-parity tests/golden
vamp_mm check-parity FOLDER --method coop
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading
from vamp_mm.originals.names import METHODS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('folder', help='folder of .npz recordings, or one of them')
    parser.add_argument('--method', choices=METHODS, help='only recordings of this method')


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    with loading():
        from vamp_mm.originals.parity import check_parity

    reports = check_parity(args.folder, args.method)
    return 0 if all(report.passed for report in reports) else 1
