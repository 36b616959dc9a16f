"""A sheet of the test images that a model is least and most certain of, and what it hesitated between.

python tools/analysis_tools/uncertain_images.py work_dirs/quickstart/vamp/predictions_base.jsonl
python tools/analysis_tools/uncertain_images.py configs/vamp/vamp_mmrl_icons.py vamp.pth --split novel --only wrong
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading, whole

with loading():
    from vamp_mm.analysis import uncertain_images
    from vamp_mm.analysis.ranking import ORDERS
    from vamp_mm.cli.options import add_data_options, compose_from


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
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
        '--by', choices=ORDERS, default='predictive_entropy', help='uncertainty to sort by'
    )
    parser.add_argument('--only', choices=['wrong', 'right'], help='wrong or right answers only')
    parser.add_argument(
        '--out', metavar='DIR', default='work_dirs/inside', help='folder for the CSV and the sheet'
    )
    args = parser.parse_args()
    if args.config.endswith('.jsonl') != (args.checkpoint is None):
        parser.error('give only a predictions_<split>.jsonl, or a config and a checkpoint')
    return args


@command
def main() -> None:
    args = parse_args()
    source = args.config if args.checkpoint is None else compose_from(args)
    uncertain_images(source, args.checkpoint, args.split, args.out, args.number, args.by, args.only)


if __name__ == '__main__':
    main()
