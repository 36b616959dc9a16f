"""Axes: from numbers with a unit to places between 0 and 1, and where the ticks stand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Shots that stand for all images of the training set.
ALL_IMAGES = -1


@dataclass(frozen=True)
class Axis:
    """One axis.

    Args:
        title: What it shows, with the unit.
        low: Value at its beginning.
        high: Value at its end.
        ticks: Values and what is written there.
        log: Whether equal distances are equal ratios.
    """

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value stands: 0 at the beginning of the axis, 1 at its end."""
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return (value - low) / (high - low)


def linear(
    values: Iterable[float],
    title: str,
    low: float | None = None,
    high: float | None = None,
    at_most: float = math.inf,
) -> Axis:
    """An axis of equal distances that holds all values.

    Args:
        values: What it has to hold.
        title: What it shows, with the unit.
        low: Its beginning; by default a round number below the values.
        high: Its end; by default a round number above the values.
        at_most: What no value can exceed, nor the end found by default.

    Returns:
        The axis.
    """
    found = list(values)
    bottom = min(found) if low is None else low
    top = max(found) if high is None else high
    span = top - bottom
    step = _step(span / 5 if span > 1e-6 * max(abs(top), abs(bottom)) else max(abs(top) / 50, 1e-3))
    start = math.floor(bottom / step) * step if low is None else low
    end = min(math.ceil(top / step + 1e-9) * step, at_most) if high is None else high
    if low is None and start == bottom == top > 0:
        start -= step  # a single value stands inside
    if end <= start:
        start = end - step
    digits = next(
        count for count in range(12) if abs(step * 10**count - round(step * 10**count)) < 1e-6
    )
    first = math.ceil(start / step - 1e-9)
    ticks = [index * step for index in range(first, math.floor(end / step + 1e-9) + 1)]
    return Axis(title, start, end, tuple((tick, f'{tick:.{digits}f}') for tick in ticks))


def spread_out(values: Sequence[float], title: str) -> Axis:
    """An axis for positive values: by ratios where they differ much.

    Args:
        values: What it has to hold.
        title: What it shows, with the unit.

    Returns:
        The axis.
    """
    low, high = min(values), max(values)
    if low <= 0 or high / low < 5:
        return linear(values, title)
    start, end = math.log10(low), math.log10(high)
    room = 0.06 * (end - start)
    start, end = 10 ** (start - room), 10 ** (end + room)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [
            digit * 10.0**power
            for power in range(math.floor(math.log10(start)), math.ceil(math.log10(end)) + 1)
            for digit in digits
            if start <= digit * 10.0**power <= end
        ]
        if len(ticks) <= 6:
            break
    return Axis(title, start, end, tuple((tick, f'{tick:g}') for tick in ticks), log=True)


def shots_axis(shots: Iterable[int]) -> tuple[Axis, dict[int, float]]:
    """An axis for training images per class; each doubling is one step.

    Args:
        shots: The numbers to hold; 0 for what is not trained, -1 for all images.

    Returns:
        The axis, and the value on it of each number of shots.
    """
    found = sorted(set(shots))
    places = {number: math.log2(number) for number in found if number > 0}
    low, high = min(places.values(), default=0.0), max(places.values(), default=0.0)
    if 0 in found:
        places[0] = low - 1  # nothing stands at log 0: one step before the others
    if ALL_IMAGES in found:
        places[ALL_IMAGES] = high + 1
    ticks = tuple(
        (place, 'all' if number == ALL_IMAGES else str(number)) for number, place in places.items()
    )
    low, high = min(places.values()), max(places.values())
    return Axis('shots (training images per class)', low - 0.2, high + 0.2, ticks), places


def _step(rough: float) -> float:
    """The round number next above a rough distance of ticks."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(
        digit * power for digit in (1, 2, 2.5, 5, 10) if digit * power >= rough * (1 - 1e-9)
    )
