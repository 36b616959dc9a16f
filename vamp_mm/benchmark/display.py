"""What a benchmark shows: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .estimate import Estimator, clock, on_slots
from .queue import Entry
from .watch import read_progress

#: Rows of the live table; finished and waiting runs beyond are only counted.
_ROWS = 20
_STYLE = {
    'running': 'cyan',
    'failed': 'red',
    'busy': 'yellow',
    'finished': 'green',
    'waiting': 'dim',
}
_OVER = ('finished', 'failed', 'busy')


class Display:
    """Shows the runs while the benchmark works through them.

    Args:
        entries: All runs.
        estimator: Knows how long runs take.
        slots: Runs at the same time.
        console: Where to.
    """

    def __init__(
        self, entries: Sequence[Entry], estimator: Estimator, slots: int, console: Console
    ) -> None:
        self._entries, self._estimator, self._slots = entries, estimator, slots
        self._console = console
        self._live = (
            Live(get_renderable=self._table, console=console, refresh_per_second=2)
            if console.is_terminal
            else None
        )
        self._printed: dict[str, str] = {}

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()  # draws the table a last time

    def update(self) -> None:
        """Print what has changed; the live table is drawn by itself."""
        if self._live is None:
            for entry in self._entries:
                self._line(entry)

    def time_left(self) -> float | None:
        """Seconds until all runs are done; None while nothing is known of one of them."""
        running = [self._left(entry) for entry in self._entries if entry.state == 'running']
        waiting = [self._left(entry) for entry in self._entries if entry.state == 'waiting']
        left = [seconds for seconds in running + waiting if seconds is not None]
        if len(left) < len(running) + len(waiting):
            return None
        return on_slots(left, self._slots)

    def _left(self, entry: Entry) -> float | None:
        known = self._estimator.seconds(entry.job.labels)
        if known is not None:
            over = time.time() - entry.started if entry.state == 'running' else 0.0
            return max(known - over, 0.0)
        progress = read_progress(entry.job.work_dir) if entry.state == 'running' else None
        if progress is None or progress.phase != 'training' or progress.done <= progress.first:
            return None
        pace = progress.seconds / (progress.done - progress.first)
        return pace * (progress.total - progress.done)

    def _line(self, entry: Entry) -> None:
        if entry.state == 'waiting' or self._printed.get(entry.job.work_dir) == entry.state:
            return
        first = entry.job.work_dir not in self._printed
        self._printed[entry.job.work_dir] = entry.state
        if not entry.fresh:
            return  # finished before; counted above
        over = sum(item.state in _OVER for item in self._entries)
        words = f'[{over}/{len(self._entries)}] {entry.job.name}: {entry.state}'
        if entry.state in ('finished', 'failed'):
            left = self.time_left()
            words += f' after {clock(entry.seconds)}' + (f', {clock(left)} left' if left else '')
        elif first and entry.state == 'running':
            words += f' (slot {entry.slot})'
        self._console.print(words, soft_wrap=True, markup=False, highlight=False)

    def _table(self) -> Group:
        table = Table(expand=False)
        for column in ('run', 'state', 'progress', 'time'):
            table.add_column(column, justify='right' if column == 'time' else 'left')
        order = list(_STYLE)
        # the latest of the finished ones, the next of the waiting ones
        shown = sorted(self._entries, key=lambda item: (order.index(item.state), -item.started))[
            :_ROWS
        ]
        for entry in shown:
            table.add_row(
                Text(entry.job.name),
                Text(entry.state, _STYLE[entry.state]),
                _progress(entry),
                _time(entry),
            )
        states = [entry.state for entry in self._entries]
        words = ', '.join(f'{states.count(state)} {state}' for state in order if state in states)
        hidden = len(self._entries) - len(shown)
        words += f'; {hidden} not shown' if hidden else ''
        left = self.time_left()
        words += f'; time left: {"not known yet" if left is None else clock(left)}'
        bar = ProgressBar(len(states), sum(state in _OVER for state in states), width=40)
        return Group(table, bar, Text(words))


def _progress(entry: Entry) -> Text:
    if entry.state != 'running':
        return Text('')
    progress = read_progress(entry.job.work_dir)
    if progress is None:
        return Text('starting')
    share = f' {100 * progress.done // progress.total} %' if progress.total else ''
    return Text(progress.phase + share)


def _time(entry: Entry) -> str:
    if entry.state == 'running':
        return clock(time.time() - entry.started)
    return clock(entry.seconds) if entry.fresh and entry.seconds else ''
