"""Tables in the papers' layout from the result files of runs.

python tools/report.py work_dirs/benchmark
python tools/report.py work_dirs/benchmark --compare vamp mmrl
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.report import make_report


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('folders', nargs='+', metavar='DIR', help='folders that hold runs')
    parser.add_argument('--out', help='where the files go; DIR/report if not given')
    parser.add_argument(
        '--compare', nargs=2, metavar='METHOD', help='test the difference of two methods over seeds'
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
    make_report(args.folders, args.out, args.compare and tuple(args.compare), args.newest)


if __name__ == '__main__':
    main()
