"""A Runner that prints what a person reads, and logs the rest to the file only."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from mmengine.logging import MMLogger
from mmengine.runner import Runner

#: More lines than this in one record are not read in a terminal.
_MOST_LINES = 5
_OF_RUNNER = str(Path('mmengine', 'runner', 'runner.py'))
#: A fact that MMEngine states of every run.
_ALWAYS = 'Distributed training is not used, all SyncBatchNorm'


class ShortConsoleRunner(Runner):
    """MMEngine's Runner, whose environment, config and list of hooks go to the log file and not to the terminal.

    ``log_level='DEBUG'`` prints everything.
    """

    def build_logger(self, log_level: int | str = 'INFO', **options: Any) -> MMLogger:
        """Build the logger of the run.

        Args:
            log_level: The lowest level that is logged.
            **options: See MMEngine.

        Returns:
            The logger; its file has every record.
        """
        logger = super().build_logger(log_level, **options)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler) and handler.level > logging.DEBUG:
                handler.addFilter(_is_short)
        return logger


def _is_short(record: logging.LogRecord) -> bool:
    if not record.pathname.endswith(_OF_RUNNER):
        return True
    text = record.getMessage()
    return text.count('\n') <= _MOST_LINES and not text.startswith(_ALWAYS)


def log_file(logger: logging.Logger) -> str | None:
    """The file that a logger writes to; None where it has none, as in processes beside the first.

    Args:
        logger: The logger.

    Returns:
        Its absolute path.
    """
    return next(
        (item.baseFilename for item in logger.handlers if isinstance(item, logging.FileHandler)),
        None,
    )
