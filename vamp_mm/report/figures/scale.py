"""Limits and ticks of axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, ScalarFormatter

#: Shots that mean all images of the training set.
ALL_IMAGES = -1
_MOST_TICKS = 6


def fit(
    axis: Axis,
    values: Iterable[float] = (),
    low: float | None = None,
    high: float | None = None,
    at_most: float = math.inf,
) -> None:
    """Set an axis to round numbers around values.

    Args:
        axis: The axis.
        values: What it has to hold; may be empty if ``low`` and ``high`` are given.
        low: Its beginning; by default a round number below the values.
        high: Its end; by default a round number above the values.
        at_most: What no value can exceed, nor the end that is found.
    """
    found = list(values)
    bottom = min(found) if low is None else low
    top = max(found) if high is None else high
    least = max(abs(top) / 50, 1e-3)  # below it ticks would have many digits
    if top - bottom < least / 10:
        bottom, top = (bottom if low == bottom else bottom - least), top + least
    ticks = MaxNLocator(_MOST_TICKS - 1, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top)
    start = max(ticks[0], 0.0) if low is None else low
    end = min(ticks[-1], at_most) if high is None else high
    room = 1e-9 * (end - start)
    axis.set_ticks([float(tick) for tick in ticks if start - room <= tick <= end + room])
    formatter = ScalarFormatter(useOffset=False)
    formatter.set_scientific(False)
    axis.set_major_formatter(formatter)
    _limit(axis, start, end)


def fit_costs(axes: Axes, values: Sequence[float]) -> None:
    """Set the horizontal axis to positive values: logarithmic where they differ much.

    Args:
        axes: Of the panel.
        values: What the axis has to hold.
    """
    low, high = min(values), max(values)
    if low <= 0 or high / low < 5:
        fit(axes.xaxis, values)
        return
    room = (high / low) ** 0.06
    low, high = low / room, high * room
    for subs in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ticks = [
            float(tick)
            for tick in LogLocator(subs=subs).tick_values(low, high)
            if low <= tick <= high
        ]
        if len(ticks) <= _MOST_TICKS:
            break
    axes.set_xscale('log')
    axes.set_xticks(ticks, [f'{tick:g}' for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(low, high)


def fit_shots(axes: Axes, shots: Iterable[int]) -> dict[int, float]:
    """Set the horizontal axis to training images per class; each doubling is one step.

    Args:
        axes: Of the panel.
        shots: The numbers to hold; 0 for what is not trained, -1 for all images.

    Returns:
        Where each number of shots is on the axis.
    """
    found = sorted(set(shots))
    places = {number: math.log2(number) for number in found if number > 0}
    low, high = min(places.values(), default=0.0), max(places.values(), default=0.0)
    if 0 in found:
        places[0] = low - 1  # log 0 has no place: one step before the others
    if ALL_IMAGES in found:
        places[ALL_IMAGES] = high + 1
    axes.set_xticks(list(places.values()), [shots_name(number) for number in places])
    axes.set_xlim(min(places.values()) - 0.2, max(places.values()) + 0.2)
    return places


def shots_name(number: int) -> str:
    """A number of shots as it is on an axis."""
    return 'all' if number == ALL_IMAGES else str(number)


def _limit(axis: Axis, low: float, high: float) -> None:
    limit = axis.axes.set_xlim if isinstance(axis, XAxis) else axis.axes.set_ylim
    limit(low, high)
