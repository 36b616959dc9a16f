"""Nearest words of CLIP's vocabulary to the context vectors that CoOp-style methods learn.

python tools/analysis_tools/nearest_words.py configs/coop/coop_icons.py work_dirs/coop_icons/epoch_50.pth
python tools/analysis_tools/nearest_words.py configs/proda/proda_icons.py proda.pth --top-k 3 --out analysis
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading, whole

with loading():
    from vamp_mm.analysis import nearest_words
    from vamp_mm.cli.options import add_data_options, compose_from


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    add_data_options(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--top-k', type=whole(1), default=5, help='words for each learned token')
    parser.add_argument(
        '--out', metavar='DIR', help='folder for nearest_words.csv; nothing is written without it'
    )
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    nearest_words(compose_from(args), args.checkpoint, args.top_k, args.out)


if __name__ == '__main__':
    main()
