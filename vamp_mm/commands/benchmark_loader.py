"""Images per second of our loader, with and without images in memory, against torchvision's ImageFolder.

vamp_mm benchmark-loader data/caltech-101/101_ObjectCategories
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading, whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('images', help='a folder with one sub-folder of images per class')
    parser.add_argument('--number', type=whole(1), default=800, help='images per round')
    parser.add_argument('--size', type=whole(1), default=224, help='side of the crops in pixels')
    parser.add_argument('--batch-size', type=whole(1), default=32, help='images per batch')
    parser.add_argument('--workers', type=whole(0), default=2, help='loading processes')
    parser.add_argument('--rounds', type=whole(1), default=5, help='timed rounds')
    parser.add_argument(
        '--test-transforms', dest='train', action='store_false', help='resize and centre crop'
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.analysis.speed.loader import benchmark_loader

    benchmark_loader(**vars(args))
