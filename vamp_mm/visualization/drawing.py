"""What the pictures share: colours, headings, and images placed in inches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from unicodedata import east_asian_width

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mmengine.logging import print_log
from PIL import Image, ImageDraw

from .fonts import letter_figure, plain_text

INK, GREY, PALE = '#22262b', '#7a828c', '#e6e9ed'
BLUE, RED, GREEN = '#3b6fb6', '#cf3f3a', '#2f9e62'
#: Inches at the left and right edge of a sheet.
MARGIN = 0.2


class Sheet:
    """A page that is measured in inches, from its upper left corner.

    Args:
        width: Of the page.
        height: Of the page.
        title: Heading.
        legend: One line below it.
    """

    def __init__(self, width: float, height: float, title: str, legend: str) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height), dpi=150, facecolor='white')
        self.text(0.3, title, 14, INK, 'bold')
        self.text(0.58, legend, 8.5, GREY)

    def text(
        self,
        top: float,
        text: str,
        size: float,
        color: str,
        weight: str = 'normal',
        left: float = MARGIN,
    ) -> None:
        """Write one line, centred at ``top`` inches below the upper edge."""
        self.figure.text(
            left / self.width,
            1 - top / self.height,
            text,
            fontsize=size,
            fontweight=weight,
            color=color,
            va='center',
        )

    def image(
        self, left: float, top: float, size: float, picture: Image.Image, frame: str, line: float
    ) -> Axes:
        """Show the middle square of a picture, with its upper left corner at (left, top)."""
        axes = self.figure.add_axes(
            (
                left / self.width,
                1 - (top + size) / self.height,
                size / self.width,
                size / self.height,
            )
        )
        side = min(picture.size)
        x, y = (picture.width - side) // 2, (picture.height - side) // 2
        axes.imshow(
            picture.crop((x, y, x + side, y + side)),
            interpolation='nearest' if side < 100 else None,
        )
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(color=frame, linewidth=line)
        return axes


def read_picture(path: str | os.PathLike) -> Image.Image:
    """An image of a sheet; a damaged one becomes a cross, which a warning names, so that the others are drawn.

    Args:
        path: The file.

    Returns:
        RGB.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    try:
        with Image.open(path) as image:
            return image.convert('RGB')
    except (FileNotFoundError, MemoryError):  # the latter says nothing about the file
        raise
    except (
        Exception
    ) as error:  # Pillow raises SyntaxError, struct.error and others on damaged files
        print_log(
            f'image {os.fspath(path)!r} cannot be read and is drawn as a cross: {error}',
            'current',
            30,
        )
    cross = Image.new('RGB', (64, 64), PALE)
    draw = ImageDraw.Draw(cross)
    draw.line((8, 8, 56, 56), fill=GREY, width=4)
    draw.line((8, 56, 56, 8), fill=GREY, width=4)
    return cross


def below(axes: Axes, lines: Sequence[tuple[str, float, str, str]], gap: float = 6) -> None:
    """Write lines (text, size, colour, weight) centred below an image, the first one ``gap`` points away."""
    for row, (text, size, color, weight) in enumerate(lines):
        axes.annotate(
            text,
            (0.5, 0),
            xytext=(0, -gap - 11 * row),
            xycoords='axes fraction',
            textcoords='offset points',
            ha='center',
            va='top',
            fontsize=size,
            color=color,
            fontweight=weight,
        )


def clip(name: str, width: int = 17) -> str:
    """A class name that fits below an image."""
    name = plain_text(name)
    if _width(name) <= width:
        return name
    while _width(name) >= width:
        name = name[:-1]
    return name + '…'


def _width(name: str) -> int:
    """Letters of a name, those of East Asian scripts twice."""
    return sum(2 if east_asian_width(char) in 'WF' else 1 for char in name)


def tidy(axes: Axes) -> None:
    """A quiet coordinate system."""
    axes.grid(color=PALE, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(colors=GREY, labelsize=9, length=0)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ('left', 'bottom'))
        spine.set_color(GREY)


def save(figure: Figure, path: str | os.PathLike) -> Path:
    """Write a figure as PNG, its names as they are and in fonts that have them; its folder is made."""
    path = Path(path)
    letter_figure(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure).print_figure(path, facecolor=figure.get_facecolor())
    return path
