"""How wide the posterior of VaMP is, by prompted block and by class, over the test images.

vamp_mm posterior-spread configs/vamp/vamp_mmrl_icons.py work_dirs/vamp_mmrl_icons/epoch_10.pth
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading

from .options import add_data_options, add_inside_options, compose_from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_data_options(parser)
    add_inside_options(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.analysis import posterior_spread

    posterior_spread(compose_from(args), args.checkpoint, args.split, args.out)
