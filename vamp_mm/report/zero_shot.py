"""Zero-shot CLIP as a row among the methods: the same CLIP, on the same images, by the methods' own runs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from vamp_mm.evaluation.harmonic import aggregate
from vamp_mm.evaluation.protocol_table import BASE_TO_NOVEL, PROTOCOLS
from vamp_mm.evaluation.zero_shot import zero_shot_name
from vamp_mm.messages import some
from vamp_mm.runs.compared_in_words import compared_in_words

from .results import Result, Runs
from .table import Cell, Stat, Table, cell_text

#: Label of the rows for zero-shot CLIP.
ZERO_SHOT = 'zero-shot CLIP'
#: Title of the last column of a table: where a method is below zero-shot CLIP.
WORSE = 'worse than zero-shot'
NOTE = (
    f"{ZERO_SHOT}: the same frozen CLIP with the prompt templates of the dataset, measured in the tests of the methods' "
    f'runs. {WORSE}: the numbers whose mean over the runs is below it.'
)
#: Accuracies of zero-shot CLIP under the columns of a method's own; None where they were not measured.
Measured = Sequence[float | None]


def zero_shot_mean(datasets: Sequence[Runs], metric: str) -> float | None:
    """Mean of a zero-shot accuracy over seeds, then over datasets.

    Args:
        datasets: Runs by seed, one dict per dataset.
        metric: Name of the method's own metric, such as ``base/accuracy``.

    Returns:
        The mean, which is the same for all seeds that test on the same images; None if a run lacks it or there are no runs.
    """
    name = zero_shot_name(metric)
    values = [[run.metrics.get(name) for run in runs.values()] for runs in datasets]
    if not values or not all(values) or any(value is None for runs in values for value in runs):
        return None
    return statistics.fmean(
        statistics.fmean(value for value in runs if value is not None) for runs in values
    )


def base_novel_zero_shot(
    datasets: Sequence[Runs], names: Sequence[str] = PROTOCOLS[BASE_TO_NOVEL].metrics
) -> Measured:
    """Base, novel and H of zero-shot CLIP.

    Args:
        datasets: Runs by seed, one dict per dataset.
        names: Metrics of base and novel.

    Returns:
        Three numbers, None where zero-shot CLIP was not measured.
    """
    base, novel = (zero_shot_mean(datasets, name) for name in names)
    return (None,) * 3 if base is None or novel is None else aggregate([base], [novel])


def zero_shot_rows(
    measured: Mapping[str, Measured], shown: Sequence[Sequence[Cell]] = ()
) -> list[tuple[str, list[Cell]]]:
    """Rows for zero-shot CLIP in the columns of the methods.

    Args:
        measured: Method -> what its runs measured of zero-shot CLIP.
        shown: Numbers of the methods that are not trained; a row with the same numbers is not repeated.

    Returns:
        Label and cells: one row, or one for each CLIP if the runs of some methods measured others.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    cells: dict[tuple[str, ...], list[Cell]] = {}
    for label, numbers in measured.items():
        row: list[Cell] = ['' if number is None else Stat(number) for number in numbers]
        words = tuple(map(cell_text, row))
        if any(words):
            groups.setdefault(words, []).append(label)
            cells[words] = row
    alone = len(groups) == 1
    present = {
        tuple(Stat(cell.mean).text() if isinstance(cell, Stat) else cell for cell in row)
        for row in shown
    }
    return [
        (ZERO_SHOT if alone else f'{ZERO_SHOT} of {some(labels)}', cells[words])
        for words, labels in groups.items()
        if words not in present
    ]


def worse(ours: Sequence[Cell], zero_shot: Measured, names: Sequence[str]) -> str:
    """Names of the numbers that are below those of zero-shot CLIP.

    Args:
        ours: Numbers of a method.
        zero_shot: Those of zero-shot CLIP, None where it was not measured.
        names: What they are called.

    Returns:
        The names, with commas between them.
    """
    return ', '.join(
        name
        for mine, other, name in zip(ours, zero_shot, names, strict=True)
        if isinstance(mine, Stat) and other is not None and mine.mean < other
    )


def settle_column(table: Table) -> None:
    """Explain the last column in a note, or remove it if zero-shot CLIP was not measured, in place.

    Args:
        table: A table whose rows are complete.
    """
    if any(
        str(cell).startswith(ZERO_SHOT) for row in table.rows for cell in row[: table.labels]
    ) or any(row[-1] != '' for row in table.rows):
        table.notes.append(NOTE)
        return
    table.columns = table.columns[:-1]
    table.rows = [row[:-1] for row in table.rows]


def worse_after_training(results: Sequence[Result]) -> list[str]:
    """One sentence per run that was worse than zero-shot CLIP right after its training.

    Args:
        results: All results.

    Returns:
        The sentences.
    """
    found = []
    for result in results:
        compared = result.content.get('compared_with_zero_shot')
        if words := compared_in_words(compared):
            causes = compared.get('likely_causes')  # type: ignore[union-attr]
            causes = (
                [cause for cause in causes if isinstance(cause, str)]
                if isinstance(causes, list)
                else []
            )
            found.append(
                f'{result.path}: training made {result.label} worse than zero-shot CLIP, {words}'
                + (f'; likely causes: {"; ".join(causes)}' if causes else '')
            )
    return found
