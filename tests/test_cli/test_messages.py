"""What is printed of an error."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, Dataset

from vamp_mm.apis import ConfigError
from vamp_mm.cli.console import printable
from vamp_mm.cli.messages import explained, sentence
from vamp_mm.datasets import DataError
from vamp_mm.datasets.errors import ImageError
from vamp_mm.prediction.output import writer
from vamp_mm.registry import MODELS


def _caught(call: Callable[[], object]) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError('nothing was raised')


class _Refuses:
    def __init__(self, depth: int = 0) -> None:
        if depth < 0:
            raise ValueError(f'depth={depth} must be 0 or more')
        if depth > 9:
            raise RuntimeError('a fault')


class _Data(Dataset):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> int:
        raise self.error


def _raise(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ('error', 'text'),
    [
        (
            OSError(errno.ENOSPC, 'No space left on device', 'run/a.pth'),
            "'run/a.pth': no space left on device; free some space, or write to another folder",
        ),
        (
            OSError(errno.EROFS, 'Read-only file system', 'run'),
            "'run': read-only file system; choose a place that can be written",
        ),
        (
            PermissionError(errno.EACCES, 'Permission denied', 'run'),
            "'run': permission denied; change its permissions, or choose another place",
        ),
        (
            IsADirectoryError(errno.EISDIR, 'Is a directory', 'a', None, 'b'),
            "'a' -> 'b': is a directory; give a file",
        ),
        (FileNotFoundError("there is no 'x'"), "there is no 'x'"),
        (DataError('no image in x'), 'no image in x'),
        (ConfigError(['a is wrong'], 'c.py'), 'c.py: a is wrong'),
        (
            ConfigError(['a is wrong', 'b too'], 'c.py'),
            '2 problems in c.py:\n  - a is wrong\n  - b too',
        ),
        (ConfigError('a is wrong'), 'the config: a is wrong'),
        (
            ModuleNotFoundError("No module named 'x'"),
            "No module named 'x': install the package, or put the folder that holds it on PYTHONPATH",
        ),
        (
            torch.OutOfMemoryError('CUDA out of memory. Tried\nto allocate 2 GiB'),
            'memory is used up (CUDA out of memory. Tried to allocate 2 GiB); use smaller batches, fewer classes at a time or fewer '
            'processes',
        ),
    ],
)
def test_errors_that_say_it_all(error: Exception, text: str) -> None:
    assert explained(error)
    assert sentence(error) == text


def test_a_device_that_is_not_there() -> None:
    error = _caught(lambda: torch.zeros(1, device='banana'))
    assert explained(error)
    assert sentence(error).startswith('the device cannot be used: ')


def test_what_a_constructor_refuses_names_the_part_of_the_config() -> None:
    for values, text in (
        (dict(depth=-1), 'depth=-1 must be 0 or more'),
        (dict(dept=1), "unexpected keyword argument 'dept'"),
    ):
        error = _caught(lambda values=values: MODELS.build(dict(type=_Refuses, **values)))
        assert explained(error)
        assert sentence(error).startswith('_Refuses')
        assert sentence(error).endswith(text)


def test_the_words_that_some_versions_of_mmengine_put_before_it_go() -> None:
    def build_from_cfg(obj_type: str) -> None:
        raise ValueError('class `Prompter` in vamp_mm/models/prompters/a.py: depth is wrong')

    assert sentence(_caught(lambda: build_from_cfg('Prompter'))) == 'Prompter: depth is wrong'


def test_a_key_that_is_missing_is_not_quoted_twice() -> None:
    error = _caught(lambda: MODELS.build(dict(type='NoSuchModel')))
    assert explained(error)
    assert 'NoSuchModel is not in the' in sentence(error)
    assert not sentence(error).startswith('"')


@pytest.mark.parametrize(
    'call',
    [
        lambda: MODELS.build(dict(type=_Refuses, depth=10)),
        lambda: torch.zeros(2) + torch.zeros(3),
        lambda: _raise(RuntimeError('')),
        lambda: {}['key'],
        lambda: None + 1,
        lambda: int('x'),
    ],
)
def test_what_nobody_foresaw_keeps_its_traceback(call: Callable[[], object]) -> None:
    error = _caught(call)
    assert not explained(error)
    assert sentence(error).startswith(type(error).__name__)
    assert '\n' not in sentence(error)


def test_what_this_package_raises_is_meant_for_users() -> None:
    error = _caught(lambda: writer('xml', io.StringIO(), 1))
    assert type(error) is ValueError
    assert explained(error)
    assert sentence(error).startswith("format='xml' is unknown")


@pytest.mark.parametrize(
    ('error', 'text', 'known'),
    [
        (
            ImageError("cannot read image 'a.png': cut off"),
            "cannot read image 'a.png': cut off",
            True,
        ),
        (
            FileNotFoundError(errno.ENOENT, 'No such file or directory', 'a.png'),
            "[Errno 2] No such file or directory: 'a.png'",
            True,
        ),
        (RuntimeError('shapes: a differs'), 'RuntimeError: shapes: a differs', False),
    ],
)
def test_errors_of_loading_processes_are_reduced_to_their_message(
    error: Exception, text: str, known: bool
) -> None:
    caught = _caught(lambda: list(DataLoader(_Data(error), num_workers=1)))
    assert 'Original Traceback' in str(caught)
    assert explained(caught) is known
    assert sentence(caught) == text


@given(st.text())
def test_printable_text_moves_no_cursor_and_loses_nothing(text: str) -> None:
    shown = printable(text)
    assert not any(
        ord(char) < 32 or 127 <= ord(char) < 160 or 0xD800 <= ord(char) < 0xE000 for char in shown
    )
    assert shown.encode('utf-8').decode('utf-8') == shown
    # one that the text has itself is not doubled: paths of Windows stay legible
    if '\\' not in text:
        assert shown.encode('ascii', 'backslashreplace').decode('unicode_escape') == text


def test_ordinary_text_is_printed_as_it_is() -> None:
    for text in ('写真 naïve 👩\u200d🔬 \\x1b', 'हिन्दी', '\xa0'):
        assert printable(text) == text
    assert printable('a\tb\nc', keep='\n') == 'a\\tb\nc'
    assert printable('\u2066x\u2029') == '\\u2066x\\u2029'
