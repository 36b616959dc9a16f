"""A progress bar over a loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar('T')


def steps(things: Iterable[T], total: int, what: str, console: Console) -> Iterator[T]:
    """Go through ``things`` under a bar, which goes when the loop ends.

    Args:
        things: What to go through.
        total: Their number.
        what: What is done, in front of the bar.
        console: Where the bar is drawn; a file gets no bar.

    Yields:
        T: The things.
    """
    with Progress(
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn('time left'),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        yield from progress.track(things, total=total, description=what)
