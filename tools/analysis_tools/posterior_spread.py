"""How wide the posterior of VaMP is, by prompted block and by class, over the test images.

python tools/analysis_tools/posterior_spread.py configs/vamp/vamp_mmrl_icons.py work_dirs/vamp_mmrl_icons/epoch_10.pth
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.analysis import posterior_spread
    from vamp_mm.cli.options import add_data_options, compose_from


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    add_data_options(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--split', help='name of a target in test_cfg.splits, such as base; the first if not given'
    )
    parser.add_argument(
        '--out',
        metavar='DIR',
        default='work_dirs/inside',
        help='folder for the CSV and the figure',
    )
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    posterior_spread(compose_from(args), args.checkpoint, args.split, args.out)


if __name__ == '__main__':
    main()
