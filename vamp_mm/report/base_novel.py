"""Base, novel and H per dataset, and their average by the rule of the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.harmonic import BaseNovel, aggregate, harmonic_mean
from vamp_mm.evaluation.protocol_table import BASE_TO_NOVEL

from .published import in_order, paper_rows, published, title
from .results import Result, Runs, grouped, shots_of
from .table import Cell, Stat, Table, count, stat
from .zero_shot import WORSE, base_novel_zero_shot, settle_column, worse, zero_shot_rows

#: First part of the keys of these tables; the number of shots follows.
TABLE_KEY = 'base_to_novel'
_AVERAGE = 'average'
_COLUMNS = (
    'dataset',
    'method',
    'base',
    'novel',
    'H',
    'n',
    'paper base',
    'paper novel',
    'paper H',
    'diff base',
    'diff novel',
    'diff H',
    WORSE,
)


def base_novel_tables(results: Sequence[Result]) -> list[Table]:
    """One table per number of shots; runs without training are in each.

    Base and novel are averaged over seeds, then over datasets; H is the harmonic mean of the averages, as in the
    published tables.

    Args:
        results: Results of base-to-novel runs.

    Returns:
        The tables.
    """
    return [
        _table([result for result in results if result.shots in (None, number)], number)
        for number in shots_of(results)
    ]


def _table(results: Sequence[Result], shots: int | None) -> Table:
    words = '' if shots is None else f', {shots_in_words(shots)}'
    table = Table(
        f'{TABLE_KEY}{"" if shots is None else f"_{shots}shots"}',
        f'Base to novel{words} (accuracy in %)',
        list(_COLUMNS),
        labels=2,
    )
    groups = {(label, dataset): runs for (label, dataset, _), runs in grouped(results).items()}
    datasets = in_order({dataset for _, dataset in groups})
    labels = sorted({result.label for result in results})
    if len(datasets) > 1:
        _section(table, 'Average', labels, datasets, groups)
    for dataset in datasets:
        _section(table, title(dataset), labels, [dataset], groups)
    table.notes += _notes(len(datasets), with_paper=any(row[6] != '' for row in table.rows))
    settle_column(table)
    return table


def _notes(datasets: int, with_paper: bool) -> list[str]:
    notes = [
        'Mean over n seeds ± sample standard deviation (n - 1); H is the harmonic mean of the means, its '
        'spread is that of H per seed.'
    ]
    if datasets > 1:
        notes.append(
            f'Average: over seeds first, then over the {datasets} datasets; H of the averages; '
            'methods that lack a dataset have no average.'
        )
    if with_paper:
        notes.append(
            f'paper: {published()["source"]} ({published()["setting"]}). diff: ours - paper.'
        )
    return notes


def _pairs(runs: Runs) -> list[tuple[float, float]]:
    return [run.halves() for run in runs.values()]


def _stats(means: BaseNovel, pairs: Sequence[tuple[float, float]]) -> list[Stat]:
    """Means with the spread of ``pairs`` over seeds; without spread if there are fewer than two pairs."""
    base, novel = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if len(pairs) < 2:
        return [Stat(value) for value in means]
    spreads = [stat(base).std, stat(novel).std, stat([harmonic_mean(*pair) for pair in pairs]).std]
    return [Stat(mean, spread) for mean, spread in zip(means, spreads, strict=True)]


def _section(
    table: Table,
    head: str,
    labels: Sequence[str],
    datasets: Sequence[str],
    groups: Mapping[tuple[str, str], Runs],
) -> None:
    """Zero-shot CLIP, then each method that has runs on all of some datasets."""
    found = {
        label: [groups[label, dataset] for dataset in datasets]
        for label in labels
        if all((label, dataset) in groups for dataset in datasets)
    }
    if not found:
        return
    measured = {label: base_novel_zero_shot(runs) for label, runs in found.items()}
    rows = {label: _numbers(runs, datasets) for label, runs in found.items()}
    untrained = [rows[label][:3] for label, runs in found.items() if _untrained(runs)]
    table.section()
    for words, cells in zero_shot_rows(measured, untrained):
        table.rows.append([head, words, *cells, *[''] * 8])
    for label, row in rows.items():
        below = worse(row[:3], measured[label], ('base', 'novel', 'H'))
        table.rows.append([head, label, *row, below])


def _untrained(datasets: Sequence[Runs]) -> bool:
    return all(run.shots is None for runs in datasets for run in runs.values())


def _numbers(runs: Sequence[Runs], datasets: Sequence[str]) -> list[Cell]:
    """Base, novel and H over seeds, then over datasets; the number of seeds; the paper's numbers and the differences."""
    per_dataset = [aggregate(*zip(*_pairs(item), strict=True)) for item in runs]
    means = aggregate([item.base for item in per_dataset], [item.novel for item in per_dataset])
    pairs = []
    # a spread over seeds needs the same seeds everywhere
    if all(item.keys() == runs[0].keys() for item in runs):
        for seed in runs[0]:
            of_seed = [_pairs({seed: item[seed]})[0] for item in runs]
            average = aggregate(*zip(*of_seed, strict=True))
            pairs.append((average.base, average.novel))
    first = next(iter(runs[0].values()))
    rows = paper_rows(BASE_TO_NOVEL, first.method, first.shots)
    paper = _paper_average(rows, datasets) if len(datasets) > 1 else rows.get(datasets[0])
    return [*_stats(means, pairs), count([len(item) for item in runs]), *_beside(means, paper)]


def _paper_average(
    rows: Mapping[str, Sequence[float]], datasets: Sequence[str]
) -> Sequence[float] | None:
    """The printed average for all datasets of the paper, else that of its rows by the same rule."""
    if not rows or any(name not in rows for name in datasets):
        return None
    if set(datasets) == set(rows) - {_AVERAGE}:
        return rows[_AVERAGE]
    return aggregate([rows[name][0] for name in datasets], [rows[name][1] for name in datasets])


def _beside(means: Sequence[float], paper: Sequence[float] | None) -> list[Cell]:
    if paper is None:
        return [''] * 6
    differences = [
        Stat(ours - theirs, signed=True) for ours, theirs in zip(means, paper, strict=True)
    ]
    return [*(Stat(value) for value in paper), *differences]
