"""How a command ends when the user can put things right: one clear message instead of a traceback."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable

from vamp_mm.datasets import DataError
from vamp_mm.engine import CheckpointError
from vamp_mm.evaluation import SplitError

from .errors import ConfigError, WorkDirError

#: Errors that say all a user needs to know. Whatever else happens shows where it happened.
EXPLAINED = (
    ConfigError, DataError, SplitError, WorkDirError, CheckpointError, FileNotFoundError, NotADirectoryError,
    FloatingPointError)  # the last one of FiniteLossHook


def command(main: Callable[[], None]) -> Callable[[], None]:
    """Decorate the main function of a tool.

    An explained error is printed and the process exits with 2; Ctrl-C ends it with 130.
    ``VAMP_MM_TRACEBACK=1`` shows the traceback.

    Args:
        main: Takes its arguments from ``sys.argv``.

    Returns:
        The function to call in its place.
    """

    @functools.wraps(main)
    def wrapped() -> None:
        # mmcv-lite says on import that it lacks an operator, which nothing here uses.
        warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
        try:
            main()
        except KeyboardInterrupt:
            sys.exit(130)  # as a shell has it; where the user stopped it tells nobody anything
        except EXPLAINED as error:
            if os.environ.get('VAMP_MM_TRACEBACK') == '1':
                raise
            print(f'{type(error).__name__}: {_message(error)}', file=sys.stderr)
            sys.exit(2)

    return wrapped


def _message(error: Exception) -> str:
    """What an error says, without the traceback that a loading process of torch puts before it."""
    text = str(error)
    if text.startswith('Caught ') and 'Original Traceback' in text:
        text = text.strip().rsplit(f'{type(error).__name__}: ', 1)[-1]
    return text
