"""Output that cannot fail: encodings, closed pipes, closed streams and control characters."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import select
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

#: Directions and line breaks of Unicode that let one text look like another.
_FORMATTING = frozenset(
    '\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'
)

#: Errors of writing where the reader of a pipe, or the terminal, has gone.
_READER_LEFT = frozenset({errno.EPIPE, errno.EIO})


def printable(text: str, keep: str = '') -> str:
    """Text that does nothing to a terminal: control characters and lone surrogates as escapes.

    Args:
        text: For example a file name.
        keep: Control characters that stay, such as a line break.

    Returns:
        The text; ordinary characters of all scripts are unchanged.
    """
    return ''.join(
        char
        if char in keep or not (char in _FORMATTING or unicodedata.category(char) in ('Cc', 'Cs'))
        else char.encode('unicode_escape', 'surrogatepass').decode('ascii')
        for char in text
    )


@contextlib.contextmanager
def safe_streams(outlive: Callable[[], str] | None = None) -> Iterator[None]:
    """Make the standard streams safe to print to.

    A stream that was closed before the start goes nowhere, so that neither its lines end in the other one nor a data file
    takes its number. What an encoding cannot write is escaped.

    Args:
        outlive: Of a command whose work does not end with its reader: from then on output goes nowhere, and the standard
            error gets one line, which this function makes. None lets a closed pipe raise ``BrokenPipeError``.
    """
    _fill_closed()
    before_wrapped = (sys.stdout, sys.stderr)
    if outlive is not None:
        sys.stdout, sys.stderr = (_outliving(stream, outlive) for stream in before_wrapped)
    for name in ('stdout', 'stderr'):
        stream = getattr(sys, name)
        if stream is None:
            # print(file=None) would write to the standard output
            setattr(sys, name, open(os.devnull, 'w', encoding='utf-8'))  # noqa: SIM115 -- open as long as the process
        elif isinstance(stream, io.TextIOWrapper) and stream.errors in (
            'strict',
            'surrogateescape',
        ):
            stream.reconfigure(errors='backslashreplace')
    # a line that cannot be logged prints no traceback
    before, logging.raiseExceptions = logging.raiseExceptions, False
    try:
        yield
    finally:
        logging.raiseExceptions = before
        if outlive is not None:
            drain()
            for stream in (sys.stdout, sys.stderr):
                _stop_reporting(stream)
            sys.stdout, sys.stderr = before_wrapped
            if reader_is_gone():
                drop_output()


class _Outliving(io.FileIO):
    """A standard stream that goes nowhere once its reader has left."""

    def __init__(self, number: int, say: Callable[[], str] | None) -> None:
        super().__init__(number, 'w', closefd=False)
        self._say = say
        self._process = os.getpid()
        self.ended = False  # errors have been reported; what is left cannot be written

    def write(self, data: Any, /) -> int:
        """Write, or find out that nobody reads any more."""
        try:
            return super().write(data)
        except OSError as error:
            if self.ended:
                return len(memoryview(data).cast('B'))
            if error.errno not in _READER_LEFT:
                raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if self._say is not None and os.getpid() == self._process:  # loading processes stay silent
            with contextlib.suppress(OSError, ValueError, AttributeError):
                print(self._say(), file=sys.stderr, flush=True)
        return len(memoryview(data).cast('B'))


def _outliving(stream: Any, say: Callable[[], str]) -> Any:
    """The stream in a form that a reader may leave; unchanged where it is none of the process's own."""
    if stream is None or stream not in (sys.__stdout__, sys.__stderr__):
        return stream
    stream.flush()
    raw = _Outliving(stream.fileno(), say if stream is sys.__stdout__ else None)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _stop_reporting(stream: Any) -> None:
    """Let what a full disk did not take be dropped: Python 3.13 prints an error for it when the stream is collected."""
    raw = getattr(getattr(stream, 'buffer', None), 'raw', None)
    if isinstance(raw, _Outliving):
        raw.ended = True


def drain() -> None:
    """Write what is still buffered, as far as that is possible."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def reader_is_gone() -> bool:
    """Whether whoever read the standard output or error has closed the pipe, as ``head`` does."""
    for stream in (sys.stdout, sys.stderr):
        try:
            poll = select.poll()
            poll.register(stream.fileno(), 0)
            if any(event & select.POLLERR for _, event in poll.poll(0)):
                return True
        except (AttributeError, OSError, ValueError):  # no file, or a system without poll
            continue
    return False


def drop_output() -> None:
    """Let what is still buffered go nowhere, so that the end of the process prints no error about it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _fill_closed() -> None:
    """Put the null device where a standard stream is closed; the next file that is opened would take its number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
