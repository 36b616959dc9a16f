"""How long runs will take, estimated from those that are finished."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .jobs import Job

_Key = Callable[[Mapping[str, Any]], tuple]
#: What a finished run must share with one to come, closest first.
_LIKE: tuple[_Key, ...] = (
    lambda run: (
        run['method'],
        str(run.get('overrides') or {}),
        run['dataset'],
        run['protocol'],
        run['shots'],
    ),
    lambda run: (run['method'], run['dataset'], run['protocol'], run['shots']),
    lambda run: (run['method'], run['protocol'], run['shots']),
    lambda run: (run['method'],),
)


class Estimator:
    """Estimates seconds from the finished runs that are most alike; it knows nothing at first."""

    def __init__(self) -> None:
        self._known: dict[tuple, list[float]] = {}

    def learn(self, run: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Learn from a finished run; an interrupted one is ignored, as its time covers a part only.

        Args:
            run: Labels of the run.
            result: What it left.
        """
        seconds = result.get('seconds')
        if (
            isinstance(seconds, (int, float))
            and 0 <= seconds < math.inf
            and not result.get('resumed_at_epoch')
        ):
            for level, key in enumerate(_LIKE):
                self._known.setdefault((level, *key(run)), []).append(float(seconds))

    def seconds(self, run: Mapping[str, Any]) -> float | None:
        """Median of the runs most alike; None if no run of the method is finished."""
        for level, key in enumerate(_LIKE):
            times = self._known.get((level, *key(run)))
            if times:
                return statistics.median(times)
        return None


def learned(jobs: Iterable[Job]) -> Estimator:
    """An estimator that has learned from the finished ones of some runs."""
    estimator = Estimator()
    for job in jobs:
        result = job.result()
        if result is not None:
            estimator.learn(job.labels, result)
    return estimator


def on_slots(seconds: Sequence[float], slots: int) -> float:
    """Time until runs, started in their order on the first free slot, are done.

    Args:
        seconds: Of each run.
        slots: Runs at the same time.

    Returns:
        Seconds.
    """
    ends = [0.0] * max(slots, 1)
    for duration in seconds:
        first = ends.index(min(ends))
        ends[first] += duration
    return max(ends)


def clock(seconds: float) -> str:
    """Seconds in words: ``'2 h 05 min'``, ``'3 min 10 s'``, ``'8 s'``."""
    whole = max(round(seconds), 0)
    if whole >= 3600:
        return f'{whole // 3600} h {whole % 3600 // 60:02d} min'
    return f'{whole // 60} min {whole % 60:02d} s' if whole >= 60 else f'{whole} s'
