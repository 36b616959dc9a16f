"""One panel: a figure with quiet axes, the marks that methods share, and words on what can be read from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..table import Stat
from .style import DIM, PAPER, RULE, TEXT, Style

#: Size of a panel in points. In the page a point is about one CSS pixel, on a phone too, so that text keeps its size.
WIDTH, HEIGHT = 360.0, 250.0
#: Sizes of words, in points.
LARGE, MEDIUM, SMALL = 12, 11, 10
_LEFT, _RIGHT, _TOP, _BOTTOM = 42.0, 14.0, 24.0, 40.0


@dataclass
class Panel:
    """A figure, and its numbers in words.

    Args:
        name: Its heading among the panels beside it.
        title: What it shows.
        figure: The figure.
        axes: Its coordinate system.
        words: What can be read from it, one phrase per method.
        tips: What the page shows when the pointer rests on a mark: ``gid`` of an artist -> words for each of its marks.
    """

    name: str
    title: str
    figure: Figure
    axes: Axes
    words: list[str] = field(default_factory=list)
    tips: dict[str, list[str]] = field(default_factory=dict)

    def tip(self, artist: Artist, *words: str) -> None:
        """Give the marks of an artist their own words."""
        gid = f'tip{len(self.tips)}'
        artist.set_gid(gid)
        self.tips[gid] = list(words)

    def dots(
        self,
        style: Style,
        points: Sequence[tuple[float, float]],
        radius: float | Sequence[float] = 4.5,
        tips: Sequence[str] = (),
        faint: bool = False,
    ) -> None:
        """Draw markers of a method.

        Args:
            style: Of the method.
            points: Their places.
            radius: Half their width in points; one number or one per point.
            tips: Words for each.
            faint: Whether they are less important than others.
        """
        if not points:
            return
        size = [(2 * r) ** 2 for r in radius] if isinstance(radius, Sequence) else (2 * radius) ** 2
        x, y = zip(*points, strict=True)
        found = self.axes.scatter(
            x,
            y,
            s=size,
            marker=style.marker,
            color=style.colour,
            edgecolors='none' if faint else PAPER,
            linewidths=1,
            alpha=0.45 if faint else None,
            clip_on=False,
            zorder=3,
        )
        if tips:
            self.tip(found, *tips)

    def band(
        self, style: Style, x: Sequence[float], low: Sequence[float], high: Sequence[float]
    ) -> None:
        """Draw the area between two numbers at each ``x``."""
        self.axes.fill_between(
            x, low, high, color=style.colour, alpha=0.16, linewidth=0, clip_on=False, zorder=1
        )

    def whisker(self, x: float, stat: Stat) -> None:
        """Draw an error bar up and down, not below 0."""
        spread = stat.std or 0.0
        self.axes.errorbar(
            x,
            stat.mean,
            [[min(spread, stat.mean)], [spread]],
            fmt='none',
            color=TEXT,
            elinewidth=1.2,
            capsize=3,
            capthick=1.2,
            clip_on=False,
            zorder=2.5,
        )


def new_panel(name: str, title: str, x: str, y: str, height: float = HEIGHT) -> Panel:
    """A panel without marks.

    Args:
        name: See :class:`Panel`.
        title: See :class:`Panel`.
        x: What the horizontal axis shows, with the unit; may be empty.
        y: What the vertical axis shows, with the unit.
        height: In points.

    Returns:
        The panel.
    """
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    axes = figure.add_axes(
        (
            _LEFT / WIDTH,
            _BOTTOM / height,
            (WIDTH - _LEFT - _RIGHT) / WIDTH,
            (height - _BOTTOM - _TOP) / height,
        )
    )
    for patch in (figure.patch, axes.patch):
        patch.set_visible(False)
    axes.spines[['left', 'top', 'right']].set_visible(False)
    axes.spines['bottom'].set(color=DIM, linewidth=1)
    axes.tick_params(length=0, labelsize=MEDIUM, labelcolor=DIM, pad=5)
    axes.tick_params(axis='x', length=4 if x else 0, color=DIM, width=1)
    axes.grid(axis='y', color=RULE, linewidth=1, clip_on=False, zorder=0)
    axes.set_axisbelow(True)
    axes.set_xlabel(x, fontsize=MEDIUM, color=DIM, labelpad=3)
    axes.set_ylabel(y, fontsize=MEDIUM, color=DIM, rotation=0, ha='left', va='baseline')
    axes.yaxis.set_label_coords(2 / WIDTH, 1 - 13 / height, transform=figure.transFigure)
    return Panel(name, title, figure, axes)
