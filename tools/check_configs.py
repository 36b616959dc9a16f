"""Check that every key of the given configs (by default all of configs/) is one that something reads.

python tools/check_configs.py
python tools/check_configs.py my_project/my_config.py
"""

import argparse
import sys

from vamp_mm.apis.check_files import check_files


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', nargs='*', help='config files')
    return parser.parse_args()


def main() -> None:
    sys.exit(1 if check_files(parse_args().configs) else 0)


if __name__ == '__main__':
    main()
