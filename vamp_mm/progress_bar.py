"""The progress bar of every job: what is done, how much of it, and the time left."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

Item = TypeVar('Item')


class _Bar(Progress):
    """A bar that writes nothing where it is disabled: older versions of rich end it with an empty line."""

    def stop(self) -> None:
        if not self.disable:
            super().stop()


def progress_bar(
    console: Console, count: ProgressColumn | None = None, transient: bool = False
) -> Progress:
    """Make a bar, for jobs that advance it themselves.

    Args:
        console: Where it is drawn; a file gets no bar.
        count: The column of what is done, by default ``3/10``.
        transient: Whether the bar is removed at the end.

    Returns:
        The bar, not started and without a task.
    """
    return _Bar(
        TextColumn('{task.description}'),
        BarColumn(),
        count or MofNCompleteColumn(),
        TextColumn('time left'),
        TimeRemainingColumn(),
        console=console,
        transient=transient,
        disable=not console.is_terminal,
    )


def progress(
    items: Iterable[Item],
    total: int,
    description: str,
    console: Console | None = None,
    enabled: bool = True,
    delay: float = 3.0,
) -> Iterator[Item]:
    """Loop over ``items``, under a bar if that takes longer than ``delay``.

    Args:
        items: What to loop over.
        total: Their number.
        description: Text before the bar.
        console: Where the bar is drawn, by default the terminal of stderr; a file gets no bar.
        enabled: Whether a bar may be shown at all (one process of several).
        delay: Seconds without a bar, so that short work shows none.

    Yields:
        Item: The next of ``items``.
    """
    bar = progress_bar(console or Console(stderr=True), transient=True)
    task = bar.add_task(description, total=total)
    shown = False
    start = time.monotonic()
    with ExitStack() as stack:
        for done, item in enumerate(items):
            if enabled and not shown and time.monotonic() - start > delay:
                shown = True
                stack.enter_context(bar)
            yield item
            bar.update(task, completed=done + 1)
