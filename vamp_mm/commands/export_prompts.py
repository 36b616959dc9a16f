"""Write learned prompts for the original implementation, or class embeddings for any program that uses open_clip.

vamp_mm export configs/coop/coop_icons.py coop.pth --original coop --out model.pth.tar-50
vamp_mm export configs/coop/coop_icons.py coop.pth --embeddings --out classes.npz
vamp_mm export configs/coop/coop_icons.py coop.pth --embeddings --out a.npz --classes a b
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading
from vamp_mm.config.key_values import add_overrides
from vamp_mm.originals.names import METHODS

from .options import add_clip_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('config', help='config that the checkpoint was trained with')
    parser.add_argument(
        'checkpoint',
        help='checkpoint file, or the word none for zero-shot CLIP (with --embeddings)',
    )
    parser.add_argument('--out', required=True, help='where the file goes')
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument(
        '--original', choices=METHODS, help="the layout that this original's load_model reads"
    )
    kind.add_argument(
        '--embeddings', action='store_true', help='unit text features of the classes, as .npz'
    )
    parser.add_argument(
        '--classes',
        '--names',
        nargs='+',
        metavar='NAME',
        help='class names, any; by default those of the training',
    )
    add_clip_options(parser)
    add_overrides(parser, 'set single values; a key that does not exist is an error')


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.apis import compose
        from vamp_mm.originals.convert import export_original
        from vamp_mm.prediction.class_embeddings import export_embeddings

    if args.original:
        names = export_original(args.original, args.checkpoint, args.out)
        print(f'{args.out}: {len(names)} tensors, {", ".join(names[:8])}')
        return
    cfg = compose(args.config, arch=args.arch, pretrained=args.pretrained, overrides=args.overrides)
    shape = export_embeddings(cfg, args.checkpoint, args.out, args.classes)
    print(f'{args.out}: features {shape}, names, logit_scale')
