"""A map of VaMP's latents: posterior means of the test images in the plane, by class and by predictive entropy.

vamp_mm latent-map configs/vamp/vamp_mmrl_icons.py work_dirs/vamp_mmrl_icons/epoch_10.pth
vamp_mm latent-map configs/vamp/vamp_mmrl_icons.py vamp.pth --split novel --method tsne --block 5
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading, whole

from .options import add_data_options, add_inside_options, compose_from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_data_options(parser)
    add_inside_options(parser)
    parser.add_argument(
        '--method', choices=['pca', 'tsne'], default='pca', help='tsne needs scikit-learn'
    )
    parser.add_argument(
        '--block',
        help="number of one prompted block, or 'words'; all of them together if not given",
    )
    parser.add_argument('--max-images', type=whole(1), default=2000, help='most images to show')
    parser.add_argument(
        '--tsne-seed', type=whole(0, 2**32 - 1), default=0, help='seed of --method tsne'
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.analysis import latent_map

    latent_map(
        compose_from(args),
        args.checkpoint,
        args.split,
        args.out,
        args.method,
        args.block,
        args.max_images,
        args.tsne_seed,
    )
