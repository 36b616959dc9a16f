"""Print the complete config of a run, all bases and options applied, and where its published settings come from.

vamp_mm print-config configs/vamp/vamp_mmrl_icons.py --shots 4
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading

from .options import add_data_options, add_training_options, compose_from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_data_options(parser)
    add_training_options(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    with loading():
        from vamp_mm.config.published_settings import settings_text

    cfg = compose_from(args)
    for line in settings_text(cfg).splitlines():
        print(f'# {line}')
    # printed above, and written again by whoever composes this text
    for key in ('settings_log', 'followed'):
        (cfg.get('run') or {}).pop(key, None)
    print(cfg.pretty_text)
