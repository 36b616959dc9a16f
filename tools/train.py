"""Train a config and test the last epoch's weights.

python tools/train.py configs/vamp/vamp_mmrl_icons.py --seed 2
python tools/train.py configs/vamp/vamp_mmrl_vit-b16_caltech101.py --dataset dtd --protocol few-shot --shots 4
python tools/train.py configs/vamp/vamp_mmrl_icons.py --cfg-options train_cfg.max_epochs=3
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.apis import reading_once, train
    from vamp_mm.cli.options import (
        add_data_options,
        add_launch_options,
        add_training_options,
        compose_from,
    )


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    add_data_options(parser)
    add_training_options(parser)
    add_launch_options(parser)
    parser.add_argument(
        '--resume',
        action='store_true',
        help='continue the run in the work directory, which otherwise must be new or empty',
    )
    return parser.parse_args()


@command(next_step='--resume continues from the last checkpoint', outlives_reader=True)
def main() -> None:
    args = parse_args()
    with reading_once():
        train(compose_from(args), resume=args.resume)


if __name__ == '__main__':
    main()
