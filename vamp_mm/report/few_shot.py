"""Accuracy on all classes by number of shots, and among the names of both halves."""

from __future__ import annotations

from collections.abc import Sequence

from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.harmonic import aggregate, harmonic_mean
from vamp_mm.evaluation.protocol_table import FEW_SHOT, OPEN, PROTOCOLS

from .published import in_order, title
from .results import Result, Runs, grouped
from .table import Cell, Stat, Table, count, stat
from .zero_shot import WORSE, open_zero_shot, settle_columns, worse, zero_shot_mean

#: Key of the table of the few-shot protocol.
TABLE_KEY = 'few_shot'
(_ACCURACY,) = PROTOCOLS[FEW_SHOT].metrics
SPREAD = 'Mean over seeds ± sample standard deviation (n - 1); n: seeds.'

_OPEN = (
    'dataset',
    'method',
    'shots',
    'all',
    'base',
    'novel',
    'H',
    'n',
    'zero-shot base',
    'zero-shot novel',
    'zero-shot H',
    WORSE,
)


def few_shot_table(results: Sequence[Result]) -> Table:
    """Rows are methods on datasets, columns are shots; methods without training have 0.

    Args:
        results: Results of few-shot runs.

    Returns:
        The table.
    """
    shots = sorted(
        {result.shots or 0 for result in results},
        key=lambda number: number if number >= 0 else 10**9,
    )
    names = [shots_in_words(number) for number in shots]
    table = Table(
        TABLE_KEY,
        'Few-shot, all classes (accuracy in %)',
        ['dataset', 'method', *names, 'n', 'zero-shot', WORSE],
        labels=2,
    )
    found = {
        (label, dataset, number or 0): runs
        for (label, dataset, number), runs in grouped(results).items()
    }
    datasets = in_order({dataset for _, dataset, _ in found})
    sections = [('Average', datasets)] if len(datasets) > 1 else []
    sections += [(title(dataset), [dataset]) for dataset in datasets]
    for head, members in sections:
        table.section()
        for label in sorted({label for label, _, _ in found}):
            columns = [
                [found.get((label, dataset, number), {}) for dataset in members] for number in shots
            ]
            if cells := _few_shot_cells(columns, names):
                table.rows.append([head, label, *cells])
    table.notes.append(SPREAD)
    settle_columns(table, 2)
    return table


def _few_shot_cells(columns: Sequence[Sequence[Runs]], names: Sequence[str]) -> list[Cell]:
    """One number per column whose datasets all have runs, then n and zero-shot CLIP; empty without such a column."""
    whole = [runs for runs in columns if all(runs)]
    if not whole:
        return []
    cells: list[Cell] = [mean_over(runs, _ACCURACY) if all(runs) else '' for runs in columns]
    sizes = count([len(item) for runs in whole for item in runs])
    return [*cells, sizes, *_zero_shot(cells, columns, names, whole)]


def _zero_shot(
    cells: Sequence[Cell],
    columns: Sequence[Sequence[Runs]],
    names: Sequence[str],
    whole: Sequence[Sequence[Runs]],
) -> list[Cell]:
    """Zero-shot accuracy on the test images, the same for all shots, and where the method is below it."""
    means = [zero_shot_mean(runs, _ACCURACY) for runs in columns]
    known = [
        mean for mean in (zero_shot_mean(runs, _ACCURACY) for runs in whole) if mean is not None
    ]
    return [Stat(known[0]) if known else '', worse(cells, means, names)]


def mean_over(datasets: Sequence[Runs], metric: str) -> Stat:
    """Mean of a metric over seeds, then over datasets; the spread over seeds where all have the same ones.

    Args:
        datasets: Runs by seed, one dict per dataset.
        metric: Name of the metric.

    Returns:
        The mean; with a spread if there are two seeds or more.
    """
    means = [stat([run.metrics[metric] for run in runs.values()]).mean for runs in datasets]
    mean, std = stat(means).mean, None
    if all(runs.keys() == datasets[0].keys() for runs in datasets):
        std = stat(
            [
                sum(runs[seed].metrics[metric] for runs in datasets) / len(datasets)
                for seed in datasets[0]
            ]
        ).std
    return Stat(mean, std)


def open_table(results: Sequence[Result]) -> Table:
    """Base and novel images, each classified among all names; H of the two averages over seeds.

    Args:
        results: Results of open runs.

    Returns:
        The table.
    """
    table = Table(OPEN, 'Open: all names at once (accuracy in %)', list(_OPEN), labels=3)
    for (label, dataset, shots), runs in sorted(
        grouped(results).items(), key=lambda item: (item[0][1], item[0][0])
    ):
        words = [title(dataset), label, '-' if shots is None else str(shots)]
        table.rows.append([*words, *_open_cells(runs)])
    table.notes.append(SPREAD)
    settle_columns(table, 4)
    return table


def _open_cells(runs: Runs) -> list[Cell]:
    """Accuracies over seeds, their number, and zero-shot CLIP."""
    base, novel = zip(*(run.halves() for run in runs.values()), strict=True)
    spread = stat([harmonic_mean(*pair) for pair in zip(base, novel, strict=True)]).std
    every = (
        mean_over([runs], 'open/accuracy')
        if all('open/accuracy' in run.metrics for run in runs.values())
        else ''
    )
    ours = [stat(base), stat(novel), Stat(aggregate(base, novel).h, spread)]
    return [every, *ours, str(len(runs)), *open_zero_shot(runs, ours)]
