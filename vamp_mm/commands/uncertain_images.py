"""A sheet of the test images that a model is least and most certain of, and what it hesitated between.

vamp_mm uncertain-images work_dirs/quickstart/vamp/predictions_base.jsonl
vamp_mm uncertain-images configs/vamp/vamp_mmrl_icons.py vamp.pth --split novel --only wrong
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import UsageError, loading, whole
from vamp_mm.evaluation.uncertainty_fields import UNCERTAINTIES

from .options import add_data_options, compose_from, given_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_data_options(parser)
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='checkpoint file, or the word none; left out if config is a predictions_<split>.jsonl',
    )
    parser.add_argument(
        '--split', help='name of a target in test_cfg.splits, such as base; the first if not given'
    )
    parser.add_argument('--number', type=whole(1), default=8, help='images at each end')
    parser.add_argument(
        '--by', choices=UNCERTAINTIES, default='predictive_entropy', help='uncertainty to sort by'
    )
    parser.add_argument('--only', choices=['wrong', 'right'], help='wrong or right answers only')
    parser.add_argument(
        '--out', metavar='DIR', default='work_dirs/inside', help='folder for the CSV and the sheet'
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    if args.config.endswith('.jsonl') != (args.checkpoint is None):
        raise UsageError('give only a predictions_<split>.jsonl, or a config and a checkpoint')
    ignored = given_options(args, add_data_options) + ([] if args.split is None else ['--split'])
    if args.checkpoint is None and ignored:
        raise UsageError(
            f'{", ".join(ignored)} cannot change the predictions that are read from {args.config}; give a config and a '
            'checkpoint, or leave the option out'
        )
    with loading():
        from vamp_mm.analysis import uncertain_images

    source = args.config if args.checkpoint is None else compose_from(args)
    uncertain_images(source, args.checkpoint, args.split, args.out, args.number, args.by, args.only)
