"""Train a config and test the last epoch's weights.

python tools/train.py configs/vamp/vamp_mmrl_icons.py --seed 2
python tools/train.py configs/vamp/vamp_mmrl_icons.py --cfg-options train_cfg.max_epochs=3
"""

import argparse

from mmengine.config import DictAction

from vamp_mm.apis import compose, train
from vamp_mm.apis.command import command


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='where results go; must be new or empty unless --resume')
    parser.add_argument(
        '--resume', action='store_true', help='continue the run in the work directory')
    parser.add_argument(
        '--amp', action='store_true', help='mixed precision: float16 on a GPU, bfloat16 on a CPU')
    parser.add_argument('--seed', type=int, help='seed of the run and of the few-shot subset')
    parser.add_argument('--shots', type=int, help='training images per class; -1 for all')
    parser.add_argument(
        '--dataset', help='name of a file in configs/_base_/datasets (replaces all about data and testing), or '
        'your own data: a folder of images, a table or a split file')
    parser.add_argument(
        '--template', nargs='+', metavar='TEXT',
        help='prompt(s) with one {} for the class name, e.g. "a photo of a {}, a type of bird."')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='set single values, e.g. model.head.alpha=0.5; a key that does not exist is an error')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    cfg = compose(
        args.config, dataset=args.dataset, template=args.template, shots=args.shots, seed=args.seed,
        amp=args.amp, work_dir=args.work_dir, launcher=args.launcher, overrides=args.cfg_options)
    train(cfg, resume=args.resume)


if __name__ == '__main__':
    main()
