"""The figures of a report as PDF files for papers, each with its legend."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from vamp_mm.files import atomic_write
from vamp_mm.visualization.fonts import letter_figure

from .layout import Plots, anchors
from .panel import MEDIUM, WIDTH, Panel
from .style import PAPER, TEXT, Style

_LETTER, _KEY = (
    6.6,
    40.0,
)  # width of a letter of a legend, and of a key with the space around it, in points
_LONGEST = 120  # letters of a file name


def write_pdfs(plots: Sequence[Plots], folder: Path) -> list[Path]:
    """Write each panel as its own PDF, with the legend below and letters as embedded TrueType fonts.

    Args:
        plots: Their panels are changed: names get fonts of this machine and □ for what none of them has. So the page,
            whose reader has other fonts, is to be written first.
        folder: Where the files go; it is made.

    Returns:
        The files. The same panels give the same bytes with the same version of matplotlib and the same fonts.
    """
    named = [
        (f'{group.key or group.heading} {panel.name}', group, panel)
        for group, panel in _panels(plots)
    ]
    names = anchors([name[:_LONGEST] for name, *_ in named])
    paths = []
    for name, (_, group, panel) in zip(names, named, strict=True):
        paths.append(folder / f'{name}.pdf')
        atomic_write(_pdf(group, panel), paths[-1])
    return paths


def _panels(plots: Sequence[Plots]) -> Iterator[tuple[Plots, Panel]]:
    return ((group, panel) for group in plots for panel in group.panels)


def _pdf(group: Plots, panel: Panel) -> bytes:
    if group.legend:
        _add_legend(panel.figure, group.legend, group.bars)
    letter_figure(panel.figure)
    out = io.BytesIO()
    with matplotlib.rc_context({'pdf.fonttype': 42}):  # Type 3 fonts are refused by many venues
        panel.figure.savefig(
            out,
            format='pdf',
            bbox_inches='tight',
            pad_inches=0.05,
            metadata={'Title': panel.title, 'CreationDate': None},
        )
    return out.getvalue()


def _add_legend(figure: Figure, styles: Sequence[Style], bars: bool) -> None:
    handles: list[Artist] = [_handle(style, bars) for style in styles]
    width = _KEY + _LETTER * max(len(style.label) for style in styles)
    figure.legend(
        handles=handles,
        loc='upper center',
        bbox_to_anchor=(0.5, 0.0),
        ncols=max(1, min(len(styles), int(WIDTH / width))),
        frameon=False,
        fontsize=MEDIUM,
        labelcolor=TEXT,
    )


def _handle(style: Style, bars: bool) -> Artist:
    if bars:
        return Patch(label=style.label, **style.bar())
    return Line2D(
        [],
        [],
        label=style.label,
        marker=style.marker,
        markersize=8,
        markeredgecolor=PAPER,
        **style.line(),
    )
