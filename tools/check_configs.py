"""Check that every key of the given configs (by default all of configs/) is one that something reads.

python tools/check_configs.py
python tools/check_configs.py my_project/my_config.py
"""

import argparse
import sys

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.config.check_files import check_files


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('configs', nargs='*', help='config files')
    return parser.parse_args()


@command
def main() -> None:
    sys.exit(1 if check_files(parse_args().configs) else 0)


if __name__ == '__main__':
    main()
