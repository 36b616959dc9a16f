"""Name what images show, and how sure that is.

vamp_mm predict work_dirs/vamp_mmrl_icons/epoch_10.pth photo.jpg folder/
vamp_mm predict CHECKPOINT photo.jpg --classes cat dog "red panda" --top-k 3
vamp_mm predict CHECKPOINT folder/ --reject predictive_entropy --threshold 0.5 --format jsonl > answers.jsonl
vamp_mm predict none photo.jpg --config configs/clip/zero_shot_icons.py --classes cat dog
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading, whole
from vamp_mm.config.key_values import add_overrides
from vamp_mm.evaluation.uncertainty_fields import UNCERTAINTIES
from vamp_mm.prediction.output import FORMATS

from .options import add_shortlist, take_shortlist


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        'checkpoint',
        help='checkpoint file, the folder of a run (its last checkpoint), or the word none: zero-shot CLIP of --config',
    )
    parser.add_argument('images', nargs='+', help='image files and folders')
    parser.add_argument('--config', help='config of the run; by default the one in the checkpoint')
    parser.add_argument(
        '--classes',
        nargs='+',
        metavar='NAME',
        help='class names, any; by default those of the training',
    )
    parser.add_argument(
        '--classes-file', metavar='FILE', help='text file with one class name a line, in UTF-8'
    )
    parser.add_argument(
        '--template',
        nargs='+',
        metavar='TEXT',
        dest='templates',
        help='prompt(s) with one {} for the class name, or openai-80; by default those of the training',
    )
    parser.add_argument('--top-k', type=whole(1), default=5, help='classes to list')
    parser.add_argument(
        '--reject',
        choices=UNCERTAINTIES,
        help='uncertainty by which answers are withheld (with --threshold)',
    )
    parser.add_argument(
        '--threshold', type=float, help='the largest uncertainty that is still answered'
    )
    parser.add_argument(
        '--format', choices=FORMATS, default='text', dest='kind', help='layout of the answers'
    )
    parser.add_argument('--out-dir', help='new folder for the images with their answers')
    parser.add_argument('--device', help='cpu, cuda, cuda:1 ...; by default a GPU if there is one')
    parser.add_argument(
        '--batch-size', type=int, help="images at once; by default that of the config's tests"
    )
    parser.add_argument(
        '--unreadable',
        choices=['skip', 'error'],
        default='skip',
        help='name an image that cannot be read, answer about the others and exit with 1, or stop at it',
    )
    add_shortlist(parser)
    add_overrides(parser, 'set single values, e.g. model.backbone.pretrained=/weights/ViT-B-16.pt')


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    take_shortlist(args)
    with loading():
        from vamp_mm.prediction.files import predict_files

    _, _, unreadable = predict_files(**vars(args))
    return 1 if unreadable else 0
