"""Trained on one dataset, tested on others: cross-dataset and domain generalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter

from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.protocol_table import PROTOCOLS, TARGET_SUFFIX

from .few_shot import SPREAD
from .published import in_order, paper_rows, published, title
from .results import Result, Runs, grouped, shots_of
from .table import Cell, Stat, Table, stat
from .zero_shot import (
    WORSE,
    Measured,
    settle_column,
    worse,
    zero_shot_mean,
    zero_shot_rows,
)


def transfer_tables(results: Sequence[Result], protocol: str) -> list[Table]:
    """One table per dataset that was trained on and number of shots.

    Below a method with published numbers are the paper's numbers and the differences.

    Args:
        results: Results of the protocol.
        protocol: ``cross-dataset`` or ``domain-generalization``.

    Returns:
        The tables.
    """
    tables = []
    for source in in_order({result.dataset for result in results}):
        here = [result for result in results if result.dataset == source]
        for shots in shots_of(here):
            chosen = [result for result in here if result.shots in (None, shots)]
            tables.append(_table(chosen, protocol, source, shots))
    return tables


def _table(results: Sequence[Result], protocol: str, source: str, shots: int | None) -> Table:
    tested = {
        name.removesuffix(TARGET_SUFFIX)
        for result in results
        for name in result.metrics
        if name.endswith(TARGET_SUFFIX) and not name.startswith('average/')
    }
    targets = in_order(tested - {source})
    names = ([source] if source in tested else []) + targets
    words = f'trained on {title(source)}' + ('' if shots is None else f', {shots_in_words(shots)}')
    key = '_'.join(
        [protocol.replace('-', '_'), source, *([] if shots is None else [f'{shots}shots'])]
    )
    table = Table(
        key,
        f'{PROTOCOLS[protocol].title.capitalize()}, {words} (accuracy in %)',
        ['method', *map(title, names), 'Average', 'n', WORSE],
    )
    found = sorted(
        ((label, runs) for (label, _, _), runs in grouped(results).items()), key=itemgetter(0)
    )
    measured = {label: _zero_shot(runs, names, targets) for label, runs in found}
    for words, cells in zero_shot_rows(measured):
        table.rows.append([words, *cells, '', ''])
    for label, runs in found:
        table.section()
        ours: list[Cell] = [_cell(runs, [name]) for name in names] + [_cell(runs, targets)]
        below = worse(ours, measured[label], [*map(title, names), 'Average'])
        table.rows.append([label, *ours, str(len(runs)), below])
        first = next(iter(runs.values()))
        rows = paper_rows(protocol, first.method, first.shots) if source == 'imagenet' else {}
        if rows:
            _add_paper(
                table,
                label,
                ours,
                [*(rows.get(name) for name in names), _paper_average(rows, targets)],
            )
    table.notes += [SPREAD, f'Average: over the {len(targets)} targets, without {title(source)}.']
    if any(row[0] == 'difference' for row in table.rows):
        table.notes.append(
            f'paper: {published()["source"]} ({published()["setting"]}). difference: ours - paper.'
        )
    settle_column(table)
    return table


def _cell(runs: Runs, names: Sequence[str]) -> Cell:
    """Mean over seeds of the mean over some datasets; empty if a run lacks one."""
    keys = [name + TARGET_SUFFIX for name in names]
    if not keys or any(key not in run.metrics for run in runs.values() for key in keys):
        return ''
    return stat([sum(run.metrics[key] for key in keys) / len(keys) for run in runs.values()])


def _zero_shot(runs: Runs, names: Sequence[str], targets: Sequence[str]) -> Measured:
    """Zero-shot CLIP on each dataset, and its mean over the targets."""
    means = {name: zero_shot_mean([runs], name + TARGET_SUFFIX) for name in {*names, *targets}}
    of_targets = [mean for name in targets if (mean := means[name]) is not None]
    average = (
        sum(of_targets) / len(of_targets) if targets and len(of_targets) == len(targets) else None
    )
    return [*(means[name] for name in names), average]


def _paper_average(rows: Mapping[str, float], targets: Sequence[str]) -> float | None:
    """The printed average for all targets of the paper, else the mean of its rows."""
    if not targets or any(name not in rows for name in targets):
        return None
    if 'average' in rows and set(targets) == set(rows) - {'average', 'imagenet'}:
        return rows['average']
    return sum(rows[name] for name in targets) / len(targets)


def _add_paper(
    table: Table, label: str, ours: Sequence[Cell], paper: Sequence[float | None]
) -> None:
    differences: list[Cell] = [
        Stat(mine.mean - value, signed=True) if isinstance(mine, Stat) and value is not None else ''
        for mine, value in zip(ours, paper, strict=True)
    ]
    theirs: list[Cell] = ['' if value is None else Stat(value) for value in paper]
    table.rows.append([f'{label}, paper', *theirs, '', ''])
    table.rows.append(['difference', *differences, '', ''])
