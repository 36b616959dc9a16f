"""Print the complete config of a run, all bases and options applied.

python tools/print_config.py configs/vamp/vamp_mmrl_icons.py --shots 4
"""

import argparse

from mmengine.config import DictAction

from vamp_mm.apis import compose
from vamp_mm.apis.command import command


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file')
    parser.add_argument('--amp', action='store_true', help='mixed precision')
    parser.add_argument('--seed', type=int, help='seed of the run and of the few-shot subset')
    parser.add_argument('--shots', type=int, help='training images per class; -1 for all')
    parser.add_argument(
        '--dataset', help='name of a file in configs/_base_/datasets (replaces all about data and testing), or '
        'your own data: a folder of images, a table or a split file')
    parser.add_argument(
        '--template', nargs='+', metavar='TEXT',
        help='prompt(s) with one {} for the class name, e.g. "a photo of a {}, a type of bird."')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE')
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    cfg = compose(
        args.config, dataset=args.dataset, template=args.template, shots=args.shots, seed=args.seed,
        amp=args.amp, overrides=args.cfg_options)
    print(cfg.pretty_text)


if __name__ == '__main__':
    main()
