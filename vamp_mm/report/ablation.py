"""Ablation tables: variants of a method next to the method itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from vamp_mm.config.errors import ConfigError, closest
from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.harmonic import aggregate, harmonic_mean
from vamp_mm.evaluation.protocol_table import BASE_TO_NOVEL
from vamp_mm.files import atomic_write

from .published import in_order, title
from .results import Result, Runs, grouped, read_results, shots_of
from .show import say, show
from .table import Cell, Stat, Table, count, stat
from .write import to_csv, to_latex, to_markdown

_COLUMNS = (
    'dataset',
    'variant',
    'base',
    'novel',
    'H',
    'n',
    'diff base',
    'diff novel',
    'diff H',
    'pairs',
)
#: Seed -> base, novel and H of a run, or of the averages over datasets.
_Numbers = Mapping[int | None, tuple[float, float, float]]


def make_ablation(
    folders: Sequence[str | Path],
    baseline: str | None = None,
    out: str | Path | None = None,
    newest: bool = False,
) -> list[Table]:
    """Print ablation tables of the base-to-novel runs below some folders, and write them as Markdown, CSV and LaTeX.

    Args:
        folders: Where the runs are, such as a folder of ``vamp_mm benchmark``.
        baseline: Label of the row that the others are compared with; None for the one without overrides.
        out: Folder for ``ablation.md``, ``ablation.tex`` and one CSV per table; None for ``ablation`` in the first folder.
        newest: Of runs that differ only in their config, take the newest.

    Returns:
        The tables, one per number of shots.

    Raises:
        FileNotFoundError: If there is no result.
        ConfigError: If there is no base-to-novel run or no baseline.
    """
    notes: list[str] = []
    results = read_results(folders, newest, notes)
    chosen = [result for result in results if result.protocol == BASE_TO_NOVEL]
    if not chosen:
        found = sorted({result.protocol for result in results})
        raise ConfigError(
            [
                f'no run below {", ".join(map(str, folders))} tests base and novel classes (found: '
                f'{", ".join(found)}); `vamp_mm report` makes the tables of other runs'
            ],
            'the results',
        )
    tables = [
        ablation_table([item for item in chosen if item.shots in (None, number)], baseline, number)
        for number in shots_of(chosen)
    ]
    for table in tables:
        show(table)
    for note in notes:
        say(note)
    place = Path(folders[0]) / 'ablation' if out is None else Path(out)
    atomic_write('\n'.join(map(to_markdown, tables)).encode(), place / 'ablation.md')
    atomic_write(
        ('% needs \\usepackage{booktabs}\n' + '\n'.join(map(to_latex, tables))).encode(),
        place / 'ablation.tex',
    )
    for table in tables:
        atomic_write(to_csv(table).encode(), place / f'{table.key}.csv')
    say(
        f'Written to {place}: ablation.md, ablation.tex, {", ".join(f"{table.key}.csv" for table in tables)}'
    )
    return tables


def ablation_table(
    results: Sequence[Result], baseline: str | None = None, shots: int | None = None
) -> Table:
    """Base, novel and H of every variant, and their differences to the baseline.

    Args:
        results: Base-to-novel results of one number of shots.
        baseline: Label of the baseline's row; None for the one without overrides.
        shots: Number of shots, for the title.

    Returns:
        The table: per dataset and, with several, their average first; the baseline is the first row of each section.

    Raises:
        ConfigError: If the baseline is unknown, or it is not clear which row it is.
    """
    labels = sorted({result.label for result in results})
    base = _baseline(labels, baseline)
    labels = [base, *(label for label in labels if label != base)]
    groups = {(label, dataset): runs for (label, dataset, _), runs in grouped(results).items()}
    datasets = in_order({dataset for _, dataset in groups})
    words = '' if shots is None else f', {shots_in_words(shots)}'
    table = Table(
        f'ablation{"" if shots is None else f"_{shots}shots"}',
        f'Ablation, base to novel{words} (accuracy in %)',
        list(_COLUMNS),
        labels=2,
    )
    sections = ([('Average', datasets)] if len(datasets) > 1 else []) + [
        (title(name), [name]) for name in datasets
    ]
    for head, names in sections:
        table.section()
        present = [label for label in labels if all((label, name) in groups for name in names)]
        rows = {label: [groups[label, name] for name in names] for label in present}
        for label in present:
            table.rows.append(
                [
                    head,
                    label,
                    *_row(rows[label]),
                    *_beside(rows[label], rows.get(base), label == base),
                ]
            )
    table.notes += _notes(base, len(datasets))
    return table


def _baseline(labels: Sequence[str], baseline: str | None) -> str:
    if baseline is not None:
        if baseline not in labels:
            raise ConfigError(
                [f'--baseline {baseline!r} is not a row; {closest(baseline, labels)}'],
                'the results',
            )
        return baseline
    plain = [label for label in labels if not label.endswith(')')]
    if len(plain) != 1:
        which = 'several rows are' if plain else 'no row is'
        raise ConfigError(
            [
                f'{which} without overrides, so it is not clear which row the others are variants of; name it: --baseline '
                f'{labels[0]!r} (rows: {", ".join(map(repr, labels))})'
            ],
            'the results',
        )
    return plain[0]


def _row(runs: Sequence[Runs]) -> list[Cell]:
    """Base, novel and H over seeds, then over datasets, and the number of seeds."""
    each = [aggregate(*zip(*(run.halves() for run in item.values()), strict=True)) for item in runs]
    means = aggregate([item.base for item in each], [item.novel for item in each])
    values = list(_by_seed(runs).values())
    # a spread over seeds needs the same seeds on all datasets
    spreads = (
        [stat(column).std for column in zip(*values, strict=True)]
        if len(values) > 1
        else [None] * 3
    )
    return [
        *(Stat(mean, spread) for mean, spread in zip(means, spreads, strict=True)),
        count([len(item) for item in runs]),
    ]


def _beside(runs: Sequence[Runs], base: Sequence[Runs] | None, own: bool) -> list[Cell]:
    """Mean differences to the baseline, over the seeds that both have."""
    if base is None or own:
        return [''] * 4
    ours, theirs = _by_seed(runs), _by_seed(base)
    pairs = (
        [(ours[seed], theirs.get(seed, theirs.get(None))) for seed in ours]
        if None not in ours
        else [(ours[None], other) for other in theirs.values()]
    )
    both = [(mine, other) for mine, other in pairs if other is not None]
    if not both:
        return ['', '', '', '0']
    found = [
        stat([mine[column] - other[column] for mine, other in both])._replace(signed=True)
        for column in range(3)
    ]
    # H as in the table: of the means
    ours_h, theirs_h = (
        harmonic_mean(*(stat([pair[side][column] for pair in both]).mean for column in range(2)))
        for side in range(2)
    )
    return [*found[:2], found[2]._replace(mean=ours_h - theirs_h), str(len(both))]


def _by_seed(runs: Sequence[Runs]) -> _Numbers:
    """The numbers of the seeds that all datasets have."""
    found = {}
    for seed in runs[0]:
        if all(seed in item for item in runs):
            means = aggregate(*zip(*(item[seed].halves() for item in runs), strict=True))
            found[seed] = (means.base, means.novel, harmonic_mean(means.base, means.novel))
    return found


def _notes(baseline: str, datasets: int) -> list[str]:
    notes = [
        'Mean over n seeds ± sample standard deviation (n - 1); H is the harmonic mean of the means, its spread is that '
        'of H per seed.',
        f'diff: to {baseline}, paired by seed: means over the seeds that both have (pairs) ± standard deviation of the '
        'differences per seed.',
    ]
    if datasets > 1:
        notes.append(f'Average: over the {datasets} datasets, of variants that have all of them.')
    return notes
