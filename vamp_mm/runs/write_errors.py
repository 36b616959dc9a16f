"""A run that cannot write its files ends with a sentence."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from vamp_mm.files import WRITE_ERRORS, WriteError


@contextmanager
def explained_writes(folder: str | Path) -> Iterator[None]:
    """Explain a full disk or a missing permission, whichever part of a run meets it.

    Args:
        folder: Where the run writes, for errors that name no file.

    Yields:
        None: While errors are explained.

    Raises:
        WriteError: In place of the error of the system.
    """
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        if error.errno not in WRITE_ERRORS:
            raise
        raise WriteError.of(error.filename or folder, error) from error


def stop_on_write_error(logger: logging.Logger) -> None:
    """Let the log files of a run raise where Python's logging would print a traceback for every line.

    Args:
        logger: Logger of a Runner.
    """
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handleError = partial(_raise, handler)  # type: ignore[method-assign]


def _raise(handler: logging.FileHandler, record: logging.LogRecord) -> None:
    error = sys.exc_info()[1]
    if isinstance(error, OSError):
        raise WriteError.of(handler.baseFilename, error) from error
    logging.FileHandler.handleError(handler, record)
