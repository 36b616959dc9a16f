"""One panel: frame, grid and axes of a plot, with marks on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..figures.style import Style, marker, outline
from .axis import Axis
from .markup import Child, Markup, element, number

#: Size of a panel. One unit is about one CSS pixel, on a phone too, so that text keeps its size.
WIDTH, HEIGHT = 360, 250
_TOP, _BOTTOM, _RIGHT = 24, 40, 14
_LETTER = 6.6  # width of a digit


class Plot:
    """Draws marks by their values, and the axes around them.

    Args:
        x: The horizontal axis.
        y: The vertical axis.
    """

    def __init__(self, x: Axis, y: Axis) -> None:
        self.x, self.y = x, y
        self.left = 10 + _LETTER * max((len(label) for _, label in y.ticks), default=0)
        self.marks: list[Markup] = []

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place of a point of data in the picture."""
        return (
            self.left + self.x.place(x) * (WIDTH - _RIGHT - self.left),
            HEIGHT - _BOTTOM - self.y.place(y) * (HEIGHT - _BOTTOM - _TOP),
        )

    def line(self, points: Sequence[tuple[float, float]], class_: str = 'line') -> None:
        """A line through points of data."""
        self.marks.append(element('path', d=f'M{self._path(points)}', class_=class_))

    def band(self, points: Sequence[tuple[float, float, float]]) -> None:
        """The area between the second and the third value at each first one."""
        around = [(x, low) for x, low, _ in points] + [(x, high) for x, _, high in reversed(points)]
        self.marks.append(element('path', d=f'M{self._path(around)}Z', class_='band'))

    def bar(self, left: float, right: float, height: float, tip: str) -> None:
        """A bar from zero, with words that show when the pointer rests on it."""
        (start, top), (end, bottom) = self.at(left, height), self.at(right, 0)
        self.marks.append(
            element(
                'rect',
                element('title', tip),
                x=start,
                y=top,
                width=end - start,
                height=bottom - top,
                class_='bar',
            )
        )

    def whisker(self, x: float, low: float, high: float) -> None:
        """An error bar up and down."""
        (across, bottom), (_, top) = self.at(x, low), self.at(x, high)
        cap = ''.join(f'M{number(across - 3)} {number(y)}h6' for y in (bottom, top))
        self.marks.append(
            element(
                'path', d=f'M{number(across)} {number(bottom)}V{number(top)}{cap}', class_='whisker'
            )
        )

    def dot(
        self,
        x: float,
        y: float,
        style: Style,
        tip: str = '',
        size: float = 4.5,
        class_: str = 'dot',
    ) -> None:
        """A marker, with words that show when the pointer rests on it."""
        self.marks.append(marker(style.shape, *self.at(x, y), size, tip, class_))

    def dots(self, points: Sequence[tuple[float, float, float]], style: Style) -> None:
        """Markers with a size of their own each, in one element: plots with hundreds of them stay small."""
        places = [(*self.at(x, y), size) for x, y, size in points]
        self.marks.append(
            element(
                'path', d=''.join(outline(style.shape, *place) for place in places), class_='dot'
            )
        )

    def text(
        self, x: float, y: float, words: str, class_: str, dx: float = 0, dy: float = 0
    ) -> None:
        """Words beside a point of data."""
        across, down = self.at(x, y)
        self.marks.append(element('text', words, x=across + dx, y=down + dy, class_=class_))

    def grouped(self, style: Style, draw: Callable[[], None]) -> None:
        """Give what is drawn in a function the colour of a series."""
        outside, self.marks = self.marks, []
        draw()
        outside.append(element('g', self.marks, class_=style.classes))
        self.marks = outside

    def svg(self, title: str, description: str) -> Markup:
        """The picture.

        Args:
            title: What it shows, for those who do not see it.
            description: What can be read from it.

        Returns:
            An ``svg`` element.
        """
        words: Child = [
            element('title', title),
            element('desc', description) if description else None,
        ]
        return element(
            'svg', words, self._frame(), self.marks, viewBox=f'0 0 {WIDTH} {HEIGHT}', role='img'
        )

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        return 'L'.join(
            f'{number(x)} {number(y)}' for x, y in (self.at(*point) for point in points)
        )

    def _frame(self) -> list[Markup]:
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        rows = [(self.at(self.x.low, value)[1], label) for value, label in self.y.ticks]
        columns = [(self.at(value, self.y.low)[0], label) for value, label in self.x.ticks]
        grid = ''.join(f'M{number(self.left)} {number(y)}H{number(right)}' for y, _ in rows)
        axis = f'M{number(self.left)} {number(bottom)}H{number(right)}'
        if self.x.title:
            axis += ''.join(f'M{number(x)} {number(bottom)}v4' for x, _ in columns)
        parts = [element('path', d=grid, class_='grid'), element('path', d=axis, class_='axis'),
                 element('g', [element('text', label, x=self.left - 5, y=y + 4) for y, label in rows], class_='tick end'),
                 element('g', [element('text', label, x=x, y=bottom + 17) for x, label in columns], class_='tick mid'),
                 element('text', self.y.title, x=2, y=13, class_='label')]  # fmt: skip
        if self.x.title:
            parts.append(
                element(
                    'text',
                    self.x.title,
                    x=(self.left + right) / 2,
                    y=HEIGHT - 6,
                    class_='label mid',
                )
            )
        return parts
