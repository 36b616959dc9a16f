"""A log that cannot be written ends the run with a sentence."""

from __future__ import annotations

import logging
import sys
from functools import partial

from vamp_mm.engine.atomic import WriteError


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
        raise WriteError(handler.baseFilename, error) from error
    logging.FileHandler.handleError(handler, record)
