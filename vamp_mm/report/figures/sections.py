"""Which figures belong to which table, and in which order both are shown."""

from __future__ import annotations

from collections.abc import Sequence

from vamp_mm.evaluation.protocol_table import BASE_TO_NOVEL, FEW_SHOT

from .. import base_novel, few_shot
from ..results import Result
from ..table import Table
from .base_novel_bars import base_novel_bars
from .by_shots import base_novel_curves, few_shot_curves
from .calibration import calibration_plots
from .cost import cost_plots
from .layout import Plots, Section
from .style import Styles, styles_of


def sections_of(
    results: Sequence[Result], tables: Sequence[Table], notes: list[str]
) -> list[Section]:
    """All tables with the figures of their numbers.

    Args:
        results: The results.
        tables: Their tables; each one, of whatever kind, gets a section of its own.
        notes: One sentence per curve that cannot be used is added.

    Returns:
        The sections in the order of the report.
    """
    styles = styles_of(result.label for result in results)
    by_shots = base_novel_curves(
        [item for item in results if item.protocol == BASE_TO_NOVEL], styles
    )
    calibration = calibration_plots(results, styles, notes)
    sections = [
        Section(table.key, table.title, _plots_of(table, results, styles), table)
        for table in tables
    ]
    if calibration:
        place = _place_of_calibration(tables)
        sections.insert(place, Section('calibration', 'Reliability and risk-coverage', calibration))
    if by_shots:
        sections.insert(0, Section('by_shots', 'Base to novel by number of shots', by_shots))
    return sections


def _place_of_calibration(tables: Sequence[Table]) -> int:
    """After the tables of uncertainty, else before the tables of all runs."""
    after = [index + 1 for index, table in enumerate(tables) if table.key.startswith('uncertainty')]
    before = [index for index, table in enumerate(tables) if table.key in ('compare', 'cost')]
    return after[-1] if after else min(before, default=len(tables))


def _plots_of(table: Table, results: Sequence[Result], styles: Styles) -> list[Plots]:
    if table.key.startswith(base_novel.TABLE_KEY):
        return base_novel_bars(table, styles)
    if table.key == few_shot.TABLE_KEY:
        return few_shot_curves([item for item in results if item.protocol == FEW_SHOT], styles)
    return cost_plots(results, styles) if table.key == 'cost' else []
