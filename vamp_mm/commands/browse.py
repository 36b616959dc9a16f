"""Write a sheet of the images of a config with their class names, before and after the transforms.

vamp_mm browse configs/vamp/vamp_mmrl_icons.py --out sheet.png
vamp_mm browse CONFIG --split novel --number 24 --out sheet.png
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading, refuse_existing, whole
from vamp_mm.config.key_values import add_overrides

from .options import add_clip_options, add_column_options, take_columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('config', help='config file')
    parser.add_argument('--out', default='sheet.png', help='the PNG to write')
    parser.add_argument('--overwrite', action='store_true', help='replace a file of that name')
    parser.add_argument(
        '--split', default='train', help='train, val, test, or a target of test_cfg.splits'
    )
    parser.add_argument('--number', type=whole(1, 10_000), default=16, help='images')
    parser.add_argument('--views', type=whole(1, 1000), help='draws of the augmentation per image')
    parser.add_argument(
        '--seed', type=whole(0, 2**32 - 1), default=0, help='seed of the choice of images'
    )
    parser.add_argument(
        '--dataset', help='name of a file in configs/_base_/datasets, or the path of own data'
    )
    add_column_options(parser)
    add_clip_options(parser)
    add_overrides(parser, 'set single values')


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    take_columns(args, 'dataset')
    if not args.overwrite:
        refuse_existing('--out', args.out)
    with loading():
        from vamp_mm.apis import compose
        from vamp_mm.data_tools.browse import browse

    cfg = compose(
        args.config,
        dataset=args.dataset,
        arch=args.arch,
        pretrained=args.pretrained,
        overrides=args.overrides,
    )
    print(f'wrote {browse(cfg, args.out, args.split, args.number, args.views, args.seed)}')
