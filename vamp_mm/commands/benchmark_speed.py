"""Time both engines against the textbook paths (open_clip's own blocks, whole sentences) and against bare matrix products.

vamp_mm benchmark-speed --all
vamp_mm benchmark-speed --methods conditional variational --classes 50 500 --json speed.json
vamp_mm benchmark-speed --device cuda --precision bfloat16 --images 32 --classes 10 100 500 1000
"""

from __future__ import annotations

import argparse

from vamp_mm.analysis.speed.shapes import ARCH, METHODS, STEPS
from vamp_mm.cli import loading, refuse_existing, whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument('--device', default='cpu', help='cpu, cuda, cuda:1 ...')
    parser.add_argument('--arch', default=ARCH, help='open_clip model name; weights are random')
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        '--methods', nargs='+', choices=METHODS, default=METHODS, help='what is timed'
    )
    what.add_argument(
        '--all',
        dest='methods',
        action='store_const',
        const=tuple(STEPS),
        help='whole steps and test batches of the methods: times, ratios, kernel launches, memory',
    )
    parser.add_argument(
        '--classes', nargs='+', type=whole(1), default=[50], help='numbers of ImageNet class names'
    )
    parser.add_argument('--images', type=whole(1), default=4, help='images per step')
    parser.add_argument(
        '--samples',
        type=whole(1),
        default=10,
        help='Monte-Carlo samples of a prediction; training draws one',
    )
    parser.add_argument(
        '--rounds', type=whole(1, 1000), default=5, help='timed rounds, all contestants in each'
    )
    parser.add_argument(
        '--precision',
        choices=['float32', 'bfloat16', 'float16'],
        default='float32',
        help='float32, or autocast to another',
    )
    parser.add_argument(
        '--textbook-sentences',
        type=whole(1),
        default=200,
        help='time the textbook path on this many sentences at most and scale its times up',
    )
    parser.add_argument(
        '--max-tokens',
        type=whole(1),
        help="the engine's budget; by default as much as free memory allows",
    )
    parser.add_argument(
        '--clock',
        choices=['wall', 'cpu'],
        default='wall',
        help='cpu: processor time of this process, for a CPU that others use too',
    )
    parser.add_argument('--json', dest='out', metavar='FILE', help='write all numbers')


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    refuse_existing('--json', args.out, mine=b'[')
    with loading():
        from vamp_mm.analysis.speed import benchmark_speed

    benchmark_speed(**vars(args))
