"""Build the embedded benchmark, compare zero-shot CLIP with VaMP on it, and draw two figures.

python tools/quickstart.py
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.apis.quickstart import quickstart
    from vamp_mm.config.key_values import add_overrides


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument(
        '--work-dir',
        default='work_dirs/quickstart',
        help='where results go; those of an earlier quickstart are replaced',
    )
    parser.add_argument('--data', default='data', help='folder of the data sets')
    parser.add_argument('--seed', type=int, default=1, help='seed of training and few-shot subset')
    add_overrides(parser, 'set single values in both runs')
    return parser.parse_args()


@command(outlives_reader=True)
def main() -> None:
    args = parse_args()
    quickstart(args.work_dir, args.data, args.seed, args.overrides)


if __name__ == '__main__':
    main()
