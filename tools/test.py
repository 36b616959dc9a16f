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
        '--protocol', help='name of a file in configs/_base_/protocols: which classes and datasets are '
        'trained on and tested (base-to-novel, few-shot, cross-dataset, domain-generalization, open)')
    parser.add_argument(
        '--targets', nargs='+', metavar='DATASET',
        help="datasets to test on in place of the protocol's; 'source' is the one trained on")
    parser.add_argument('--data-root', help="folder that holds the datasets' folders, in place of data/")
    parser.add_argument(
        '--new-split', action='store_true',
        help='where a published split file is missing, make lists of your own (not comparable with papers)')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='set single values; a key that does not exist is an error')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    cfg = compose(
        args.config, dataset=args.dataset, template=args.template, protocol=args.protocol,
        targets=args.targets, data_root=args.data_root, new_split=args.new_split,
        work_dir=args.work_dir, launcher=args.launcher,
        overrides=args.cfg_options)
    test(cfg, None if args.checkpoint.lower() == 'none' else args.checkpoint)


if __name__ == '__main__':
    main()
