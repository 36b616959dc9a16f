"""Test a checkpoint on the splits of its config.

python tools/test.py configs/vamp/vamp_mmrl_icons.py work_dirs/vamp_mmrl_icons/epoch_10.pth
python tools/test.py configs/clip/zero_shot_icons.py none
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.apis import reading_once, test
    from vamp_mm.cli.options import add_data_options, add_launch_options, compose_from


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    add_data_options(parser)
    parser.add_argument(
        'checkpoint', help='checkpoint file, or the word none for a method that is not trained'
    )
    add_launch_options(parser)
    return parser.parse_args()


@command(outlives_reader=True)
def main() -> None:
    args = parse_args()
    with reading_once():
        test(compose_from(args), args.checkpoint)


if __name__ == '__main__':
    main()
