"""Accuracy on all classes by number of shots, and among the names of both halves."""

from __future__ import annotations

from collections.abc import Sequence

from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.harmonic import aggregate, harmonic_mean

from .published import in_order, title
from .results import Result, Runs, grouped
from .table import Cell, Stat, Table, count, stat
from .zero_shot import WORSE, open_zero_shot, settle_columns, worse, zero_shot_mean

_ACCURACY = 'all/accuracy'
SPREAD = 'Mean over seeds ± sample standard deviation (n - 1); n: seeds.'


def few_shot_table(results: Sequence[Result]) -> Table:
    """Rows are methods on datasets, columns are shots; methods without training have 0.

    Args:
        results: Results of few-shot runs.

    Returns:
        The table.
    """
    groups = grouped(results)
    shots = sorted(
        {result.shots or 0 for result in results},
        key=lambda number: number if number >= 0 else 10**9,
    )
    names = [shots_in_words(number) for number in shots]
    table = Table(
        'few_shot',
        'Few-shot, all classes (accuracy in %)',
        ['dataset', 'method', *names, 'n', 'zero-shot', WORSE],
        labels=2,
    )
    found = {
        (label, dataset, number or 0): runs for (label, dataset, number), runs in groups.items()
    }
    datasets = in_order({dataset for _, dataset, _ in found})
    labels = sorted({label for label, _, _ in found})
    if len(datasets) > 1:
        for label in labels:
            columns = [
                [found.get((label, dataset, number), {}) for dataset in datasets]
                for number in shots
            ]
            cells: list[Cell] = [
                mean_over(runs, _ACCURACY) if all(runs) else '' for runs in columns
            ]
            if any(cells):
                sizes = [len(item) for runs in columns if all(runs) for item in runs]
                whole = [runs for runs in columns if all(runs)]
                table.rows.append(
                    [
                        'Average',
                        label,
                        *cells,
                        count(sizes),
                        *_zero_shot(cells, columns, names, whole),
                    ]
                )
    for dataset in datasets:
        table.section()
        for label in labels:
            of_label = [found.get((label, dataset, number), {}) for number in shots]
            if any(of_label):
                cells = [mean_over([runs], _ACCURACY) if runs else '' for runs in of_label]
                columns = [[runs] for runs in of_label]
                table.rows.append(
                    [
                        title(dataset),
                        label,
                        *cells,
                        count([len(runs) for runs in of_label if runs]),
                        *_zero_shot(cells, columns, names, [[runs] for runs in of_label if runs]),
                    ]
                )
    table.notes.append(SPREAD)
    settle_columns(table, 2)
    return table


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
    table = Table(
        'open',
        'Open: all names at once (accuracy in %)',
        [
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
        ],
        labels=3,
    )
    for (label, dataset, shots), runs in sorted(
        grouped(results).items(), key=lambda item: (item[0][1], item[0][0])
    ):
        base, novel = (
            [run.metrics[f'open/{half}_accuracy'] for run in runs.values()]
            for half in ('base', 'novel')
        )
        spread = stat([harmonic_mean(*pair) for pair in zip(base, novel, strict=True)]).std
        every = (
            mean_over([runs], 'open/accuracy')
            if all('open/accuracy' in run.metrics for run in runs.values())
            else ''
        )
        ours = [stat(base), stat(novel), Stat(aggregate(base, novel).h, spread)]
        table.rows.append(
            [
                title(dataset),
                label,
                '-' if shots is None else str(shots),
                every,
                *ours,
                str(len(runs)),
                *open_zero_shot(runs, ours),
            ]
        )
    table.notes.append(SPREAD)
    settle_columns(table, 4)
    return table
