"""Nearest words of CLIP's vocabulary to the context vectors that CoOp-style methods learn.

vamp_mm nearest-words configs/coop/coop_icons.py work_dirs/coop_icons/epoch_50.pth
vamp_mm nearest-words configs/proda/proda_icons.py proda.pth --top-k 3 --out analysis
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading, whole

from .options import add_data_options, compose_from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_data_options(parser)
    parser.add_argument('checkpoint', help='checkpoint file, or the folder of a run')
    parser.add_argument('--top-k', type=whole(1), default=5, help='words for each learned token')
    parser.add_argument(
        '--out', metavar='DIR', help='folder for nearest_words.csv; nothing is written without it'
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.analysis import nearest_words

    nearest_words(compose_from(args), args.checkpoint, args.top_k, args.out)
