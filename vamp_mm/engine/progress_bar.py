"""A progress bar that stays away from short work."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar('Item')


def progress(
    items: Iterable[Item], total: int, description: str, enabled: bool = True, delay: float = 3.0
) -> Iterator[Item]:
    """Pass ``items`` on; show a bar with the time left once they have taken longer than ``delay``.

    Args:
        items: What is worked through.
        total: How many they are.
        description: Text before the bar.
        enabled: Whether a bar may be shown at all (one process of several).
        delay: Seconds without a bar.

    Yields:
        Item: The next of ``items``.
    """
    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn('left'),
        TimeRemainingColumn(),
    )
    start = time.monotonic()
    bar = None
    try:
        for done, item in enumerate(items):
            if enabled and bar is None and time.monotonic() - start > delay:
                bar = Progress(*columns)
                task = bar.add_task(description, total=total, completed=done)
                bar.start()
            yield item
            if bar is not None:
                bar.update(task, completed=done + 1)
    finally:
        if bar is not None:
            bar.stop()
