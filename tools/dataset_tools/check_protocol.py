"""Recompute every size and fingerprint of a file of protocol vectors from split files.

python tools/dataset_tools/check_protocol.py --vectors test_vectors.json --splits splits

Exits with 0 if all that could be checked is equal, 1 if something differs, 2 if nothing could be checked.
"""

import argparse
import sys

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.data_tools.check_lists import check_protocol


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('--vectors', required=True, help='JSON file of recorded values')
    parser.add_argument('--splits', required=True, help='folder of split_zhou_*.json files')
    parser.add_argument(
        '--strict', action='store_true', help='exit with 2 if anything could not be checked'
    )
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    sys.exit(check_protocol(args.vectors, args.splits, args.strict))


if __name__ == '__main__':
    main()
