"""Build the embedded benchmark, compare zero-shot CLIP with VaMP on it, and draw two pictures.

python tools/quickstart.py
"""

import argparse

from mmengine.config import DictAction

from vamp_mm.apis.command import command
from vamp_mm.apis.quickstart import quickstart


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--work-dir', default='work_dirs/quickstart',
        help='where results go; those of an earlier quickstart are replaced')
    parser.add_argument('--data', default='data', help='folder of the data sets')
    parser.add_argument('--seed', type=int, default=1, help='seed of training and few-shot subset')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE')
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    quickstart(args.work_dir, args.data, args.seed, args.cfg_options)


if __name__ == '__main__':
    main()
