"""Ablation table from the result files of runs: variants of a method, and how far they are from the baseline.

python tools/analysis_tools/ablation_table.py work_dirs/benchmark
python tools/analysis_tools/ablation_table.py work_dirs/benchmark --baseline 'vamp (model.prompter.prior=standard)'
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.analysis import make_ablation


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('folders', nargs='+', metavar='DIR', help='folders that hold runs')
    parser.add_argument(
        '--baseline',
        metavar='NAME',
        help='row that differences are taken to; the one without overrides if not given',
    )
    parser.add_argument(
        '--out', metavar='DIR', help='where the files go; DIR/ablation if not given'
    )
    parser.add_argument(
        '--newest',
        action='store_true',
        help='of runs that differ only in their config, take the newest instead of stopping',
    )
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    make_ablation(args.folders, args.baseline, args.out, args.newest)


if __name__ == '__main__':
    main()
