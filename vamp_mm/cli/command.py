"""How a command ends: with its result, or with one sentence about what to do."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from .console import drop_output, printable, reader_is_gone, safe_streams
from .messages import explained, sentence
from .stopping import Stop, stopping
from .tool_parser import TRACEBACK

#: Exit code of a command whose reader has gone, as a shell has it (SIGPIPE).
_CLOSED_PIPE = 141
#: Seconds of imports after which a line is printed.
_SLOW_IMPORT = 2.0


def command(
    main: Callable[[], None] | None = None, *, next_step: str = '', outlives_reader: bool = False
) -> Callable:
    """Decorate the main function of a tool.

    Every error ends the process with 1 and one sentence. For an error that nobody foresaw, the sentence names a file with
    the traceback; ``--traceback`` prints it in place of the sentence. Ctrl-C ends with 130, SIGTERM with 143, a closed pipe
    quietly with 141.

    Args:
        main: Takes its arguments from ``sys.argv``.
        next_step: What to do after an interruption, for example ``--resume continues it``.
        outlives_reader: Whether the command does its work to the end, with one line on the standard error, though whoever
            read its standard output has gone; for what writes its results to files.

    Returns:
        The function to call in its place.
    """
    if main is None:
        return functools.partial(command, next_step=next_step, outlives_reader=outlives_reader)

    @functools.wraps(main)
    def wrapped() -> None:
        with safe_streams(_reader_left if outlives_reader else None), stopping() as stop:
            try:
                _run(main)
            except (Exception, KeyboardInterrupt) as error:
                _end(error, stop, next_step)

    return wrapped


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Put around the imports of a command, which take seconds: Ctrl-C and a package that is missing end with one line.

    Where they take long, a line on the standard error says what the wait is for.
    """
    # mmcv-lite warns on import that it lacks an operator, which nothing here uses.
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    note = threading.Timer(_SLOW_IMPORT, _say, ['loading PyTorch and MMEngine ...', True])
    note.daemon = True
    note.start()
    with stopping() as stop:
        try:
            yield
        except (Exception, KeyboardInterrupt) as error:
            _end(error, stop, '')
        finally:
            note.cancel()


def _run(main: Callable[[], None]) -> None:
    try:
        main()
    except SystemExit:
        _flush()
        raise
    _flush()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def _end(error: BaseException, stop: Stop, next_step: str) -> NoReturn:
    if stop.caught(error):
        stop.forget_children()
        _say(f'{stop.how}; {next_step}' if next_step else str(stop.how), once=True)
        sys.exit(stop.code)
    if isinstance(error, BrokenPipeError) and reader_is_gone():
        drop_output()
        sys.exit(_CLOSED_PIPE)
    if TRACEBACK in sys.argv[1:]:
        raise error
    text = sentence(error)
    if not explained(error):
        text += (
            f' -- an error that should not happen; its traceback is in {_write_traceback(error)}'
        )
    _say(f'error: {text}')
    sys.exit(1)


def _reader_left() -> str:
    """The line that is printed once when nobody reads the output any more; of several processes only the first prints it."""
    if os.environ.get('LOCAL_RANK', '0') != '0':
        raise ValueError('printed by another process')
    file = _log_file()
    return 'nobody reads standard output any more; the run continues' + (
        f', its log is {file}' if file else ''
    )


def _say(text: str, once: bool = False) -> None:
    """Print the last words, of processes that do the same those of the first."""
    rank = os.environ.get('LOCAL_RANK', '0')
    if rank != '0':
        if once or not _is_distributed():
            return
        text = f'process {rank}: {text}'
    with contextlib.suppress(OSError, ValueError):
        print(printable(text, keep='\n'), file=sys.stderr, flush=True)


def _is_distributed() -> bool:
    """Whether processes work together; until they do, all print the same."""
    torch_dist = sys.modules.get('torch.distributed')
    return torch_dist is not None and torch_dist.is_available() and torch_dist.is_initialized()


def _write_traceback(error: BaseException) -> str:
    """Keep a traceback in the log folder of the run or, where there is none, in a temporary file; return where it is."""
    text = ''.join(traceback.format_exception(error))
    data = text.encode('utf-8', 'backslashreplace')
    folder = _log_folder()
    with contextlib.suppress(OSError):
        if folder is not None:
            path = folder / 'traceback.txt'
            path.write_bytes(data)
            return repr(str(path))
    try:
        number, name = tempfile.mkstemp(prefix='vamp_mm_traceback_', suffix='.txt')
        with open(number, 'wb') as file:
            file.write(data)
        return repr(name)
    except OSError:
        return f'no file, as none can be written: {TRACEBACK} shows it'


def _log_folder() -> Path | None:
    """Where the current run logs; None before it has started."""
    file = _log_file()
    return file.parent if file is not None else None


def _log_file() -> Path | None:
    logging = sys.modules.get('mmengine.logging')
    if logging is None:
        return None
    for handler in logging.MMLogger.get_current_instance().handlers:
        file = getattr(handler, 'baseFilename', None)
        if file is not None and Path(file).parent.is_dir():
            return Path(file)
    return None
