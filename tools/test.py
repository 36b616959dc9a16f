"""Test a checkpoint on the splits of its config.

python tools/test.py configs/vamp/vamp_mmrl_icons.py work_dirs/vamp_mmrl_icons/epoch_10.pth
python tools/test.py configs/clip/zero_shot_icons.py none
"""

import argparse

from mmengine.config import DictAction

from vamp_mm.apis import compose, test
from vamp_mm.apis.command import command


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'checkpoint', help='checkpoint file, or the word none for a method that is not trained')
    parser.add_argument('--work-dir', help='where the log and result.json go')
    parser.add_argument(
        '--dataset', help='name of a file in configs/_base_/datasets (replaces all about data and testing), or '
        'your own data: a folder of images, a table or a split file')
    parser.add_argument(
        '--template', nargs='+', metavar='TEXT',
        help='prompt(s) with one {} for the class name, e.g. "a photo of a {}, a type of bird."')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='set single values; a key that does not exist is an error')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    cfg = compose(
        args.config, dataset=args.dataset, template=args.template, work_dir=args.work_dir,
        launcher=args.launcher, overrides=args.cfg_options)
    test(cfg, None if args.checkpoint.lower() == 'none' else args.checkpoint)


if __name__ == '__main__':
    main()
