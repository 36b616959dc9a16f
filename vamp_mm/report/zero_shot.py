"""Zero-shot CLIP next to a method: the same CLIP, measured on the same images by the tests of the method's own runs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from vamp_mm.evaluation.harmonic import aggregate
from vamp_mm.evaluation.protocol_table import BASE_TO_NOVEL, OPEN, PROTOCOLS
from vamp_mm.evaluation.zero_shot import zero_shot_name
from vamp_mm.runs.compared_in_words import compared_in_words

from .results import Result, Runs
from .table import Cell, Stat, Table

#: Title of the last column of a table: where a method is below zero-shot CLIP.
WORSE = 'worse than zero-shot'
NOTE = (
    'zero-shot: the same frozen CLIP with the prompt templates of the dataset, measured in the tests of the same runs. '
    f'{WORSE}: the numbers whose mean over the runs is below zero-shot CLIP.'
)


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
    datasets: Sequence[Runs],
    ours: Sequence[Cell],
    names: Sequence[str] = PROTOCOLS[BASE_TO_NOVEL].metrics,
) -> list[Cell]:
    """Base, novel and H of zero-shot CLIP, and in which of the three the method is below it.

    Args:
        datasets: Runs by seed, one dict per dataset.
        ours: The method's own base, novel and H.
        names: Metrics of base and novel.

    Returns:
        Four cells, empty where zero-shot CLIP was not measured.
    """
    base, novel = (zero_shot_mean(datasets, name) for name in names)
    if base is None or novel is None:
        return [''] * 4
    means = aggregate([base], [novel])
    return [*(Stat(value) for value in means), worse(ours, means, ('base', 'novel', 'H'))]


def worse(ours: Sequence[Cell], zero_shot: Sequence[float | None], names: Sequence[str]) -> str:
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


def settle_columns(table: Table, number: int) -> None:
    """Explain the last columns in a note, or remove them if zero-shot CLIP was not measured, in place.

    Args:
        table: A table whose rows are complete.
        number: How many of its last columns are about zero-shot CLIP.
    """
    if any(cell != '' for row in table.rows for cell in row[-number:]):
        table.notes.append(NOTE)
        return
    table.columns = table.columns[:-number]
    table.rows = [row[:-number] for row in table.rows]


def open_zero_shot(runs: Runs, ours: Sequence[Cell]) -> list[Cell]:
    """As :func:`base_novel_zero_shot`, for runs that classify among the names of both halves."""
    return base_novel_zero_shot([runs], ours, PROTOCOLS[OPEN].metrics)


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
