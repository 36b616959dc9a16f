"""A page in the browser to try models on your own pictures and class names.

vamp_mm demo
vamp_mm demo work_dirs
vamp_mm demo work_dirs/vamp_mmrl_icons/epoch_10.pth --port 8080
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading, whole
from vamp_mm.config.key_values import add_overrides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        'checkpoints',
        nargs='*',
        metavar='CHECKPOINT',
        help='checkpoint files, and folders in which to look for runs; zero-shot CLIP is always offered',
    )
    parser.add_argument(
        '--zero-shot',
        metavar='CONFIG',
        help='config of a zero-shot CLIP, in place of the embedded one for icons',
    )
    parser.add_argument(
        '--config', help='config of the checkpoints; by default the one in each of them'
    )
    parser.add_argument(
        '--host', default='127.0.0.1', help='address to listen at; 0.0.0.0 lets other computers in'
    )
    parser.add_argument('--port', type=whole(0, 65535), default=7860, help='port to listen at')
    parser.add_argument('--device', help='cpu, cuda, cuda:1 ...; by default a GPU if there is one')
    add_overrides(
        parser,
        'set single values in all models but the embedded one, e.g. model.backbone.pretrained=/weights/ViT-B-16.pt',
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.demo import serve

    serve(**vars(args))
