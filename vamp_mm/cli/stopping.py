"""Ctrl-C and SIGTERM as one line and the exit code that a shell expects."""

from __future__ import annotations

import contextlib
import multiprocessing.util
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

_CODES = {'interrupted': 130, 'terminated': 143}


class Terminated(KeyboardInterrupt):
    """SIGTERM; whatever stops in order at Ctrl-C does so now too."""


class Stop:
    """Knows whether this process was asked to stop."""

    def __init__(self) -> None:
        self.how: str | None = None

    @property
    def code(self) -> int:
        """Exit code, 128 plus the number of the signal."""
        return _CODES[self.how or 'interrupted']

    def caught(self, error: BaseException) -> bool:
        """Whether an error is the stop itself, or came of it while something was left.

        Args:
            error: What was raised.

        Returns:
            True also for an error that a library raised in place of the stop.
        """
        links: BaseException | None = error
        while links is not None:
            if isinstance(links, KeyboardInterrupt):
                self.how = self.how or (
                    'terminated' if isinstance(links, Terminated) else 'interrupted'
                )
            links = links.__cause__ or links.__context__
        return self.how is not None

    def forget_children(self) -> None:
        """Let torch raise nothing more about loading processes that the same signal ended."""
        if hasattr(signal, 'SIGCHLD') and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)


@contextlib.contextmanager
def stopping() -> Iterator[Stop]:
    """Let SIGTERM raise :class:`Terminated`, and keep Ctrl-C from the loading processes, which end with this one.

    The signal that comes second, while the first is still worked on, ends the process at once.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def terminate(number: int, frame: FrameType | None) -> None:
        stop.how = 'terminated'
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    multiprocessing.util.register_after_fork(stop, _in_child)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)


def _in_child(stop: Any) -> None:
    """In a loading process: the terminal sends Ctrl-C to all processes, and this one's parent ends it."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.excepthook = _unless_parent_left


def _unless_parent_left(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Of the thread that hands tensors to the parent: that the parent closed the connection is its end, not an error."""
    if not issubclass(kind, (ConnectionError, EOFError)):
        sys.__excepthook__(kind, error, trace)
