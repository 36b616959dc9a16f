"""What a report shows: sections with plots and a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..table import Table
from .panel import Panel
from .style import Style


@dataclass(frozen=True)
class Plots:
    """Plots of one kind, which share a legend.

    Args:
        heading: What they show.
        panels: The plots, one or more.
        legend: The methods to explain; empty for plots that name them.
        note: How to read them.
        folded: What the reader clicks on to see them; empty if they are always shown.
        bars: Whether they hold bars instead of lines.
        key: What the names of their files begin with; by default the heading.
    """

    heading: str
    panels: Sequence[Panel]
    legend: Sequence[Style]
    note: str = ''
    folded: str = ''
    bars: bool = False
    key: str = ''


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Args:
        key: What its anchor is made from.
        title: Its heading, in the contents too.
        plots: Shown first.
        table: Shown after the plots.
    """

    key: str
    title: str
    plots: Sequence[Plots] = ()
    table: Table | None = None


def anchors(keys: Sequence[str]) -> list[str]:
    """One name per key that is free of blanks and occurs once."""
    found: list[str] = []
    for key in keys:
        name = plain = re.sub(r'[^A-Za-z0-9]+', '-', key).strip('-').lower() or 'section'
        while name in found:
            name = f'{plain}-{found.count(name) + len(found)}'
        found.append(name)
    return found
