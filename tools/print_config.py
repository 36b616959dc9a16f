"""Print the complete config of a run, all bases and options applied.

python tools/print_config.py configs/vamp/vamp_mmrl_icons.py --shots 4
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.apis.options import add_data_options, add_training_options, compose_from


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    add_data_options(parser)
    add_training_options(parser)
    return parser.parse_args()


@command
def main() -> None:
    print(compose_from(parse_args()).pretty_text)


if __name__ == '__main__':
    main()
