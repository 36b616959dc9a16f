"""Accuracy on all classes by number of shots, and among the names of both halves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.harmonic import aggregate, harmonic_mean
from vamp_mm.evaluation.protocol_table import FEW_SHOT, OPEN, PROTOCOLS

from .published import in_order, title
from .results import Result, Runs, grouped
from .table import Cell, Stat, Table, count, stat
from .zero_shot import (
    WORSE,
    Measured,
    base_novel_zero_shot,
    settle_column,
    worse,
    zero_shot_mean,
    zero_shot_rows,
)

#: Key of the table of the few-shot protocol.
TABLE_KEY = 'few_shot'
(_ACCURACY,) = PROTOCOLS[FEW_SHOT].metrics
_OPEN_ACCURACY = f'{OPEN}/accuracy'
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
        ['dataset', 'method', *names, 'n', WORSE],
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
        columns = {
            label: [
                [found.get((label, dataset, number), {}) for dataset in members] for number in shots
            ]
            for label in sorted({label for label, _, _ in found})
        }
        _few_shot_section(table, head, shots, columns)
    table.notes.append(SPREAD)
    settle_column(table)
    return table


def _few_shot_section(
    table: Table,
    head: str,
    shots: Sequence[int],
    columns: Mapping[str, Sequence[Sequence[Runs]]],
) -> None:
    """Zero-shot CLIP, then each method with the columns whose datasets all have runs."""
    names = [shots_in_words(number) for number in shots]
    columns = {label: found for label, found in columns.items() if any(map(all, found))}
    if not columns:
        return
    measured = {
        label: [zero_shot_mean(runs, _ACCURACY) for runs in found]
        for label, found in columns.items()
    }
    # the same test images for all shots: each row of zero-shot CLIP has its number in all columns
    everywhere = {
        label: [next((number for number in numbers if number is not None), None)] * len(names)
        for label, numbers in measured.items()
    }
    untrained = [
        [mean_over(found[shots.index(0)], _ACCURACY)] * len(names)
        for found in columns.values()
        if 0 in shots and [all(runs) for runs in found] == [number == 0 for number in shots]
    ]
    table.section()
    for words, cells in zero_shot_rows(everywhere, untrained):
        table.rows.append([head, words, *cells, '', ''])
    for label, found in columns.items():
        ours: list[Cell] = [mean_over(runs, _ACCURACY) if all(runs) else '' for runs in found]
        sizes = count([len(item) for runs in found if all(runs) for item in runs])
        table.rows.append([head, label, *ours, sizes, worse(ours, measured[label], names)])


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
    groups = grouped(results)
    for dataset in sorted({dataset for _, dataset, _ in groups}):
        rows = {
            (label, shots): runs
            for (label, of, shots), runs in sorted(groups.items(), key=lambda item: item[0][0])
            if of == dataset
        }
        _open_section(table, title(dataset), rows)
    table.notes.append(SPREAD)
    settle_column(table)
    return table


def _open_section(table: Table, head: str, rows: Mapping[tuple[str, int | None], Runs]) -> None:
    """Zero-shot CLIP, then each method and number of shots on one dataset."""
    measured = {key: _open_zero_shot(runs) for key, runs in rows.items()}
    table.section()
    for words, cells in zero_shot_rows({label: measured[label, shots] for label, shots in rows}):
        table.rows.append([head, words, '-', *cells, '', ''])
    for (label, shots), runs in rows.items():
        ours = _open_cells(runs)
        below = worse(ours, measured[label, shots], _OPEN[3:7])
        words = '-' if shots is None else str(shots)
        table.rows.append([head, label, words, *ours, str(len(runs)), below])


def _open_zero_shot(runs: Runs) -> Measured:
    """All, base, novel and H of zero-shot CLIP."""
    every = zero_shot_mean([runs], _OPEN_ACCURACY)
    return [every, *base_novel_zero_shot([runs], PROTOCOLS[OPEN].metrics)]


def _open_cells(runs: Runs) -> list[Cell]:
    """All, base, novel and H over seeds."""
    base, novel = zip(*(run.halves() for run in runs.values()), strict=True)
    spread = stat([harmonic_mean(*pair) for pair in zip(base, novel, strict=True)]).std
    every = (
        mean_over([runs], _OPEN_ACCURACY)
        if all(_OPEN_ACCURACY in run.metrics for run in runs.values())
        else ''
    )
    ours = [stat(base), stat(novel), Stat(aggregate(base, novel).h, spread)]
    return [every, *ours]
