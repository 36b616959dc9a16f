"""Compare our methods with recorded runs of the original implementations; exits with 1 if one differs.

python tools/dev/check_parity.py tests/golden
python tools/dev/check_parity.py FOLDER --method coop
"""

import argparse
import sys

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.originals import METHODS
    from vamp_mm.originals.parity import check_parity


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('folder', help='folder of .npz recordings, or one of them')
    parser.add_argument('--method', choices=METHODS, help='only recordings of this method')
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    reports = check_parity(args.folder, args.method)
    sys.exit(0 if all(report.passed for report in reports) else 1)


if __name__ == '__main__':
    main()
