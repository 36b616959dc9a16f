"""Print the complete config of a run, all bases and options applied, and where its published settings come from.

python tools/print_config.py configs/vamp/vamp_mmrl_icons.py --shots 4
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.cli.options import add_data_options, add_training_options, compose_from
    from vamp_mm.config.published_settings import settings_text


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    add_data_options(parser)
    add_training_options(parser)
    return parser.parse_args()


@command
def main() -> None:
    cfg = compose_from(parse_args())
    for line in settings_text(cfg).splitlines():
        print(f'# {line}')
    # printed above, and written again by whoever composes this text
    for key in ('settings_log', 'followed'):
        (cfg.get('run') or {}).pop(key, None)
    print(cfg.pretty_text)


if __name__ == '__main__':
    main()
