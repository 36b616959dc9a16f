"""What a benchmark shows: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from vamp_mm.runs.result_file import is_number

from .estimate import Estimator, clock, on_slots
from .queue import Entry
from .watch import read_progress

#: Rows of the live table; finished and waiting runs beyond are counted only.
_ROWS = 20
_NUMBERS = ('done', 'total', 'first', 'seconds')
_STYLE = {
    'finished': 'green',
    'running': 'cyan',
    'failed': 'red',
    'busy': 'yellow',
    'waiting': 'dim',
}


class Display:
    """Shows the runs while they are worked off.

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
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._told: dict[str, str] = {}
        self._last = 0.0

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
            self._live.update(self._table(), refresh=True)
            self._live.stop()

    def tell(self) -> None:
        """Show what has changed."""
        if self._live is None:
            for entry in self._entries:
                self._line(entry)
        elif time.monotonic() - self._last > 0.5:
            self._last = time.monotonic()
            self._live.update(self._table(), refresh=True)

    def time_left(self) -> float | None:
        """Seconds until all runs are done; None while nothing is known of one of them."""
        left = []
        for entry in self._entries:
            if entry.state in ('running', 'waiting'):
                seconds = self._left(entry)
                if seconds is None:
                    return None
                left.append((entry.state == 'waiting', seconds))
        return on_slots(
            [seconds for _, seconds in sorted(left, key=lambda item: item[0])], self._slots
        )

    def _left(self, entry: Entry) -> float | None:
        known = self._estimator.seconds(entry.job.labels)
        if entry.state == 'waiting':
            return known
        told = _told(entry)
        done = told.get('done', 0) - told.get('first', 0)
        if told.get('phase') == 'training' and done > 0 and known is None:
            return told['seconds'] / done * (told['total'] - told['done'])
        return None if known is None else max(known - (time.time() - entry.started), 0.0)

    def _line(self, entry: Entry) -> None:
        if entry.state == 'waiting' or self._told.get(entry.job.work_dir) == entry.state:
            return
        first = entry.job.work_dir not in self._told
        self._told[entry.job.work_dir] = entry.state
        if not entry.fresh:
            return  # finished before; counted above
        over = sum(item.state in ('finished', 'failed', 'busy') for item in self._entries)
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
        order = {'running': 0, 'failed': 1, 'busy': 2, 'finished': 3, 'waiting': 4}
        # the latest of the finished ones, the next of the waiting ones
        shown = sorted(self._entries, key=lambda item: (order[item.state], -item.started))[:_ROWS]
        for entry in shown:
            table.add_row(
                Text(entry.job.name),
                Text(entry.state, _STYLE[entry.state]),
                self._progress(entry),
                _time(entry),
            )
        counts = {state: sum(item.state == state for item in self._entries) for state in order}
        words = ', '.join(f'{number} {state}' for state, number in counts.items() if number)
        left = self.time_left()
        hidden = len(self._entries) - len(shown)
        words += f'; {hidden} not shown' if hidden else ''
        return Group(
            table, Text(f'{words}; time left: {"not known yet" if left is None else clock(left)}')
        )

    def _progress(self, entry: Entry) -> str:
        if entry.state != 'running':
            return ''
        told = _told(entry)
        if not told:
            return 'starting'
        if not told['total']:
            return str(told['phase'])
        return f'{told["phase"]} {100 * told["done"] // told["total"]} %'


def _told(entry: Entry) -> dict[str, Any]:
    """How far a run is; empty if it has not said so, or its file is damaged."""
    told = read_progress(entry.job.work_dir)
    usable = isinstance(told.get('phase'), str) and all(
        is_number(told.get(key)) for key in _NUMBERS
    )
    return told if usable else {}


def _time(entry: Entry) -> str:
    if entry.state == 'running':
        return clock(time.time() - entry.started)
    return clock(entry.seconds) if entry.fresh and entry.seconds else ''
