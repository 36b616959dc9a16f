"""Turn the official archives of a dataset, as downloaded, into the layout of the benchmark. No network.

python tools/dataset_tools/prepare.py dtd                                     # which files are needed, and from where
python tools/dataset_tools/prepare.py dtd --archives ~/downloads --out data
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.data_tools.prepare import prepare


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('name', help='a dataset of the benchmark')
    parser.add_argument(
        '--archives', help='folder with the downloaded files; without it they are only listed'
    )
    parser.add_argument('--out', default='data', help='folder that holds the datasets')
    parser.add_argument('--overwrite', action='store_true', help='replace what is already there')
    parser.add_argument(
        '--no-md5', dest='check_md5', action='store_false', help='do not compare MD5 sums'
    )
    return parser.parse_args()


@command
def main() -> None:
    prepare(**vars(parse_args()))


if __name__ == '__main__':
    main()
