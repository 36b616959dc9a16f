"""Train a config and test the last epoch's weights.

vamp_mm train configs/vamp/vamp_mmrl_icons.py --seed 2
vamp_mm train configs/vamp/vamp_mmrl_vit-b16_caltech101.py --dataset dtd --protocol few-shot --shots 4
vamp_mm train configs/vamp/vamp_mmrl_icons.py --cfg-options train_cfg.max_epochs=3
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading

from .options import add_data_options, add_launch_options, add_training_options, compose_from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_data_options(parser)
    add_training_options(parser)
    add_launch_options(parser)
    parser.add_argument(
        '--resume',
        action='store_true',
        help='continue the run in the work directory, which otherwise must be new or empty',
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.apis import reading_once, train

    with reading_once():
        train(compose_from(args), resume=args.resume)
