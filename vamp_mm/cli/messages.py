"""What a command prints about an error: one sentence that a user can act on."""

from __future__ import annotations

import errno
import linecache
import re
import traceback
from pathlib import Path
from types import FrameType

import vamp_mm

_PACKAGE = vamp_mm.__name__
_FOLDER = str(Path(vamp_mm.__file__).parent)
#: Kinds of errors whose message is complete, wherever they are raised.
_COMPLETE = (OSError, FloatingPointError, ModuleNotFoundError, MemoryError)
#: Kinds of errors by which a constructor refuses its arguments.
_REFUSING = (TypeError, ValueError, KeyError, AssertionError)
_ADVICE = {
    errno.ENOSPC: 'free some space, or write to another folder',
    errno.EDQUOT: 'free some space, or write to another folder',
    errno.EACCES: 'change its permissions, or choose another place',
    errno.EPERM: 'change its permissions, or choose another place',
    errno.EROFS: 'choose a place that can be written',
    errno.EMFILE: 'raise the limit (ulimit -n), or set fewer num_workers',
    errno.EEXIST: 'choose another name',
    errno.EISDIR: 'give a file',
    errno.ENOTDIR: 'a part of this path is a file',
    errno.EADDRINUSE: 'choose another port',
}
# Some versions of MMEngine put this before the message of a constructor.
_WRAPPED = re.compile(r'^class `(?P<name>\w+)` in [\w/.]+\.py: ')
_WORKER = re.compile(r'^Caught (?P<kind>[\w.]+) in [^\n]+\nOriginal Traceback', re.MULTILINE)
_FRAME = re.compile(
    r'^ *File "(?P<file>[^"\n]+)", line \d+, in [^\n]+\n *(?P<code>[^\n]*)', re.MULTILINE
)
# torch's messages about a device that is misspelt or not there
_DEVICE = re.compile(
    'device string|NVIDIA driver|No CUDA GPUs|invalid device ordinal|not compiled with CUDA'
)
_LONGEST = 600


def explained(error: BaseException) -> bool:
    """Whether the message of an error is all that a user needs, so that no traceback is wanted.

    True for the errors of this package, for what it raises itself, for the system's errors of files and memory, and for
    constructors that refuse what a config gives them.

    Args:
        error: What was raised.

    Returns:
        False for what may be a fault of the program.
    """
    if (
        isinstance(error, _COMPLETE)
        or _is_own(type(error))
        or _out_of_memory(error)
        or _no_device(error)
    ):
        return True
    worker = _WORKER.search(str(error))
    if worker:
        frames = list(_FRAME.finditer(str(error)))
        return (
            bool(frames)
            and frames[-1]['file'].startswith(_FOLDER)
            and frames[-1]['code'].startswith('raise')
        )
    if _raised_here(error):
        return True
    return isinstance(error, _REFUSING) and bool(str(error)) and _component(error) is not None


def sentence(error: BaseException) -> str:
    """The message of an error, for a person to read.

    Args:
        error: What was raised.

    Returns:
        The message without names of Python's classes where they add nothing, and without the traceback that a loading
        process puts into it. Errors of configs may have one line for each problem.
    """
    text = _text(error)
    if _is_own(type(error)):
        return text
    if isinstance(error, OSError):
        return _of_system(error, text)
    if _no_device(error):
        return f'the device cannot be used: {_line(text)}; cpu is always there'
    if _out_of_memory(error):
        return f'memory is used up ({_line(text)}); use smaller batches, fewer classes at a time or fewer processes'
    if isinstance(error, ModuleNotFoundError) and text.startswith('No module named'):
        return f'{text}: install the package, or put the folder that holds it on PYTHONPATH'
    if explained(error):
        component = _component(error)
        found = _WRAPPED.match(text)
        text = text[found.end() :] if found else text
        named = component is None or component in text
        return text if named else f'{component}: {text}'
    text = _line(text)
    return f'{type(error).__name__}: {text}' if text else type(error).__name__


def _is_own(kind: type) -> bool:
    return any(base.__module__.partition('.')[0] == _PACKAGE for base in kind.__mro__)


def _text(error: BaseException) -> str:
    """The message; of an error in a loading process, the message there."""
    # str() of a KeyError quotes it
    text = (
        str(error.args[0]) if isinstance(error, KeyError) and len(error.args) == 1 else str(error)
    )
    worker = _WORKER.search(text)
    if worker is None:
        return text
    last = list(re.finditer(rf'^[\w.]*\b{re.escape(worker["kind"])}(?:: |$)', text, re.MULTILINE))
    return text[last[-1].end() :].strip() if last else text


def _of_system(error: OSError, text: str) -> str:
    if error.errno is None or not error.strerror:
        return text
    what = error.strerror[:1].lower() + error.strerror[1:]
    places = ' -> '.join(
        repr(place) for place in (error.filename, error.filename2) if place is not None
    )
    advice = _ADVICE.get(error.errno)
    return ''.join([f'{places}: ' if places else '', what, f'; {advice}' if advice else ''])


def _out_of_memory(error: BaseException) -> bool:
    text = str(error)
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == 'OutOfMemoryError'
        or (
            isinstance(error, RuntimeError)
            and (
                "can't allocate memory" in text
                or 'CUDA out of memory' in text
                or 'not enough memory' in text
            )
        )
    )


def _no_device(error: BaseException) -> bool:
    return (
        isinstance(error, (RuntimeError, AssertionError)) and _DEVICE.search(str(error)) is not None
    )


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    return list(traceback.walk_tb(error.__traceback__))


def _raised_here(error: BaseException) -> bool:
    """Whether a ``raise`` of this package raised the error, with words of its own."""
    frames = _frames(error)
    if not frames or not str(error):
        return False
    frame, line = frames[-1]
    file = frame.f_code.co_filename
    return file.startswith(_FOLDER) and linecache.getline(file, line).strip().startswith('raise ')


def _component(error: BaseException) -> str | None:
    """Name of the part of the config that was being built; None if none was."""
    name = None
    for frame, _ in _frames(error):
        if (
            frame.f_code.co_name.startswith('build_')
            and frame.f_globals.get('__name__') == 'mmengine.runner.runner'
        ):
            name = frame.f_code.co_name.removeprefix('build_')  # dataloader, optim_wrapper, ...
        if frame.f_code.co_name == 'build_from_cfg' and 'obj_type' in frame.f_locals:
            kind = frame.f_locals['obj_type']
            name = kind if isinstance(kind, str) else getattr(kind, '__name__', repr(kind))
    return name


def _line(text: str) -> str:
    line = ' '.join(text.split())
    return line if len(line) <= _LONGEST else f'{line[:_LONGEST]}...'
