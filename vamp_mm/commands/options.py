"""Command-line options that change a config: the same words in every tool."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

from vamp_mm.cli import UsageError, loading, whole
from vamp_mm.config.key_values import add_overrides

if TYPE_CHECKING:
    from mmengine.config import Config


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the config, what is trained on and tested, and single values."""
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--dataset',
        help='name of a file in configs/_base_/datasets, or your own data: a folder of images, a table '
        'or a split file; replaces the data, and the settings that are published for them',
    )
    parser.add_argument(
        '--template',
        nargs='+',
        metavar='TEXT',
        help='prompt(s) with one {} for the class name, e.g. "a photo of a {}, a type of bird."',
    )
    parser.add_argument(
        '--protocol',
        help='name of a file in configs/_base_/protocols: which classes and datasets are '
        'trained on and tested (base-to-novel, few-shot, cross-dataset, domain-generalization, open)',
    )
    parser.add_argument(
        '--targets',
        nargs='+',
        metavar='DATASET',
        help="datasets to test on in place of the protocol's; 'source' is the one trained on",
    )
    parser.add_argument(
        '--ood',
        '--outside',
        dest='outside',
        nargs='+',
        metavar='NAME',
        help="also test OOD detection by uncertainty, on images of: 'novel' for the novel classes of the dataset, other "
        'datasets, or your own data',
    )
    parser.add_argument(
        '--data-root', help="folder that holds the datasets' folders, in place of data/"
    )
    parser.add_argument(
        '--new-split',
        action='store_true',
        help='where a published split file is missing, make lists of your own (not comparable with papers)',
    )
    add_column_options(parser)
    add_clip_options(parser)
    add_overrides(parser, 'set single values; a key that does not exist is an error')


def add_clip_options(parser: argparse._ActionsContainer) -> None:
    """Add another CLIP."""
    parser.add_argument(
        '--arch',
        '--clip',
        dest='arch',
        metavar='NAME',
        help='another CLIP: a name of open_clip (ViT-L-14-336), an architecture JSON, local-dir:FOLDER or '
        'hf-hub:NAME; image size, resizing and the blocks that the method edits follow it',
    )
    parser.add_argument(
        '--pretrained',
        metavar='TAG',
        help='its weights: a tag of open_clip (openai, laion2b_s34b_b88k ...), a file, or TAG@FILE',
    )


def add_runs_options(parser: argparse.ArgumentParser) -> None:
    """Add the folders of finished runs, and which of several runs counts."""
    parser.add_argument('folders', nargs='+', metavar='DIR', help='folders that hold runs')
    parser.add_argument(
        '--newest',
        action='store_true',
        help='of runs that differ only in their config, take the newest instead of stopping',
    )


def add_inside_options(parser: argparse.ArgumentParser) -> None:
    """Add what is looked into, and where the figure goes."""
    parser.add_argument('checkpoint', help='checkpoint file, or the folder of a run')
    parser.add_argument(
        '--split', help='name of a target in test_cfg.splits, such as base; the first if not given'
    )
    parser.add_argument(
        '--out',
        metavar='DIR',
        default='work_dirs/inside',
        help='folder for the CSV and the figure',
    )


def add_column_options(parser: argparse.ArgumentParser) -> None:
    """Add the names of the columns of an own table; :func:`take_columns` puts them into its path."""
    for role, what in (
        ('path', 'paths or ids of the images'),
        ('class', 'classes'),
        ('part', 'parts'),
    ):
        parser.add_argument(
            f'--{role}-column',
            metavar='NAME',
            help=f'column of the {what} in your own table, if it has another name than the usual ones',
        )


def add_shortlist(parser: argparse.ArgumentParser) -> None:
    """Add the shortlist of a sampled prediction; :func:`take_shortlist` puts it into the overrides."""
    parser.add_argument(
        '--shortlist',
        type=whole(1),
        metavar='K',
        help='draw samples only for the K classes that the posterior mean ranks first: much faster with many classes, '
        'and not exact (docs/speed.md)',
    )


def take_shortlist(args: argparse.Namespace) -> None:
    """Turn ``--shortlist K`` into ``model.shortlist=K``, in place.

    Args:
        args: Parsed options; that of the shortlist is removed.

    Raises:
        UsageError: If both are given.
    """
    shortlist = vars(args).pop('shortlist')
    if shortlist is None:
        return
    if 'model.shortlist' in (args.overrides or {}):
        raise UsageError('--shortlist and --cfg-options model.shortlist are the same; give one')
    args.overrides = {**(args.overrides or {}), 'model.shortlist': shortlist}


def take_columns(args: argparse.Namespace, table: str) -> None:
    """Put the names of columns into the path of the table, ``labels.csv#path=NAME``, in place.

    Args:
        args: Parsed options; those of the columns are removed.
        table: Name of the value that holds the path.

    Raises:
        UsageError: If there are columns and no table.
    """
    roles = ('path', 'class', 'part')
    columns = {role: vars(args).pop(f'{role}_column') for role in roles}
    added = ','.join(f'{role}={name}' for role, name in columns.items() if name is not None)
    if not added:
        return
    path = getattr(args, table)
    if path is None:
        raise UsageError(f'--{added.partition("=")[0]}-column goes with --{table} and a table')
    setattr(args, table, f'{path}{"," if "#" in path else "#"}{added}')


def given_options(
    args: argparse.Namespace, add: Callable[[argparse.ArgumentParser], None]
) -> list[str]:
    """Which of some options a command line has, with a value other than their default.

    Args:
        args: Parsed options.
        add: What adds the options to a parser, such as :func:`add_data_options`.

    Returns:
        Their names, such as ``--dataset``.
    """
    parser = argparse.ArgumentParser(add_help=False)
    add(parser)
    return [
        action.option_strings[0]
        for action in parser._actions
        if action.option_strings and getattr(args, action.dest, action.default) != action.default
    ]


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add what changes training only."""
    parser.add_argument(
        '--amp', action='store_true', help='mixed precision: float16 on a GPU, bfloat16 on a CPU'
    )
    parser.add_argument('--seed', type=int, help='seed of the run and of the few-shot subset')
    parser.add_argument('--shots', type=int, help='training images per class; -1 for all')


def add_launch_options(parser: argparse.ArgumentParser) -> None:
    """Add where results go and who starts the processes."""
    parser.add_argument('--work-dir', help='where log, checkpoints and result.json go')
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='what started the processes; none for a single one',
    )


def compose_from(args: argparse.Namespace) -> Config:
    """The config that parsed options ask for.

    Args:
        args: Options of the functions above; others are left to the tool.

    Returns:
        The complete config; see :func:`~vamp_mm.config.compose`.
    """
    take_columns(args, 'dataset')
    with loading():
        from vamp_mm.config.compose import compose

    taken = inspect.signature(compose).parameters
    return compose(**{key: value for key, value in vars(args).items() if key in taken})
