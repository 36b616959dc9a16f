"""Turn a checkpoint of an original implementation into one of vamp_mm, and report what was used and what was left.

vamp_mm import coop prompt_learner/model.pth.tar-50 --out coop.pth
vamp_mm test configs/coop/coop_vit-b16_caltech101.py coop.pth --cfg-options model.prompter.num_tokens=16
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading
from vamp_mm.originals.names import METHODS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('method', choices=METHODS, help='the original')
    parser.add_argument('file', help="checkpoint in the original's layout, model.pth.tar-<epoch>")
    parser.add_argument('--out', required=True, help='where our checkpoint goes')


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.originals.convert import import_original
        from vamp_mm.originals.convert_report import print_import

    print_import(import_original(args.method, args.file, args.out), args.method, args.out)
