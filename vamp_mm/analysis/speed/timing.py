"""Times of several ways to do the same work, in one process and in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Times:
    """Seconds of every round; round i of all contestants ran back to back.

    Args:
        seconds: One per round.
    """

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)

    def over(self, other: Times, factor: float = 1.0) -> tuple[float, float, float]:
        """Median, smallest and largest of the rounds' ratios ``factor * self / other``."""
        ratios = [factor * a / b for a, b in zip(self.seconds, other.seconds, strict=True)]
        return statistics.median(ratios), min(ratios), max(ratios)


#: ``wall`` is the time that passes; ``cpu`` the processor time of all threads of this process, which on a machine that
#: others use too counts our work only.
CLOCKS = {'wall': time.perf_counter, 'cpu': time.process_time}


def alternate(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int,
    device: torch.device,
    clock: str = 'wall',
) -> dict[str, Times]:
    """Time contestants in turn, so that other load of the machine affects all of them.

    Args:
        contestants: Name -> work.
        rounds: Timed rounds, after one to warm up.
        device: Waited for before and after each run.
        clock: A key of :data:`CLOCKS`.

    Returns:
        Name -> times.
    """
    now = CLOCKS[clock]
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for index in range(rounds + 1):
        for name, work in contestants.items():
            _wait(device)
            start = now()
            work()
            _wait(device)
            if index:
                seconds[name].append(now() - start)
    return {name: Times(tuple(values)) for name, values in seconds.items()}


def _wait(device: torch.device) -> None:
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
