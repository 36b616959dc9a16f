"""Test a checkpoint on the splits of its config.

vamp_mm test configs/vamp/vamp_mmrl_icons.py work_dirs/vamp_mmrl_icons/epoch_10.pth
vamp_mm test configs/clip/zero_shot_icons.py none
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading

from .options import (
    add_data_options,
    add_launch_options,
    add_shortlist,
    compose_from,
    take_shortlist,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_data_options(parser)
    parser.add_argument(
        'checkpoint',
        help='checkpoint file, the folder of a run (its last checkpoint), or the word none for a method that is not trained',
    )
    add_shortlist(parser)
    add_launch_options(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    take_shortlist(args)
    with loading():
        from vamp_mm.apis import reading_once, test

    with reading_once():
        test(compose_from(args), args.checkpoint)
