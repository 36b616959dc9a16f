"""Check a dataset: layout, lists, counts, unreadable images, leaks. Exit code 1 if it cannot be used as it is.

python tools/dataset_tools/verify.py caltech101 --data-root data
python tools/dataset_tools/verify.py /path/to/own/images
"""

from __future__ import annotations

import argparse
import sys

from vamp_mm.cli import ToolParser, command, loading, whole

with loading():
    from vamp_mm.data_tools.verify import verify


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('name', help='a dataset of the benchmark, or the path of own data')
    parser.add_argument('--data-root', default='data', help='folder that holds the datasets')
    parser.add_argument(
        '--no-decode',
        dest='decode',
        action='store_false',
        help='only look whether the images are there, do not read them',
    )
    parser.add_argument('--workers', type=whole(1), help='threads that read images')
    return parser.parse_args()


@command
def main() -> None:
    if not verify(**vars(parse_args())).ok:
        sys.exit(1)


if __name__ == '__main__':
    main()
