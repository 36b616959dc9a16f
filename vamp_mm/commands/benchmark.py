"""Run methods x datasets x protocols x shots x seeds; run it again after an interruption to continue.

vamp_mm benchmark --methods clip vamp mmrl --datasets dtd eurosat --seeds 1 2 3
vamp_mm benchmark comparison.yaml --slots 4
vamp_mm benchmark --methods vamp --datasets all --dry-run
vamp_mm benchmark --methods vamp --protocol cross-dataset --slurm array.sh
"""

from __future__ import annotations

import argparse

from vamp_mm.cli import loading, refuse_existing
from vamp_mm.config.key_values import add_overrides

from .options import add_clip_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('file', nargs='?', help='YAML file with the keys methods, datasets, ...')
    what = parser.add_argument_group('what is compared; each replaces the key of the file')
    what.add_argument(
        '--methods', nargs='+', help='names (vamp, mmrl, ...), configs, or NAME=CONFIG'
    )
    what.add_argument(
        '--datasets', nargs='+', help="names, own data, or 'all' for the eleven of the papers"
    )
    what.add_argument('--protocol', dest='protocols', nargs='+', help='base-to-novel if not given')
    what.add_argument('--shots', nargs='+', type=int, help="the config's own (16) if not given")
    what.add_argument('--seeds', nargs='+', type=int, help='1 2 3 if not given')
    what.add_argument('--targets', nargs='+', help="in place of the protocol's")
    what.add_argument(
        '--ood',
        '--outside',
        dest='outside',
        nargs='+',
        metavar='NAME',
        help="OOD images to detect by uncertainty: 'novel', datasets, own data",
    )
    what.add_argument('--template', nargs='+', help='prompt(s) with one {} for the class name')
    what.add_argument('--data-root', help="folder of the datasets' folders, in place of data/")
    what.add_argument('--new-split', action='store_true', help='see vamp_mm train')
    what.add_argument('--amp', action='store_true', help='mixed precision')
    add_clip_options(what)
    add_overrides(what, 'set single values in all runs', '--overrides')
    what.add_argument('--work-dir', help='work_dirs/benchmark if not given')
    how = parser.add_argument_group('how')
    how.add_argument('--slots', type=int, help='runs at a time; one per GPU if not given')
    how.add_argument('--dry-run', action='store_true', help='show the plan and its time only')
    how.add_argument('--slurm', metavar='FILE', help='write an array job and run nothing')


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    with loading():
        from vamp_mm.benchmark import read_spec, run_benchmark

    flags = vars(args)
    file, slots = flags.pop('file'), flags.pop('slots')
    dry_run, slurm = flags.pop('dry_run'), flags.pop('slurm')
    refuse_existing('--slurm', slurm, mine=b'#!/bin/bash')
    left = run_benchmark(read_spec(file, flags), slots, dry_run, slurm)
    return 1 if left else 0
