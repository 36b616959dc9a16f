"""The progress bar of every job."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from vamp_mm import progress_bar as progress_module
from vamp_mm.progress_bar import progress, progress_bar


def _terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80)


@pytest.fixture
def slow(monkeypatch):
    """Every look at the clock is two seconds after the one before."""
    ticks = iter(range(0, 1000, 2))
    monkeypatch.setattr(progress_module.time, 'monotonic', lambda: next(ticks))


def test_short_work_shows_no_bar():
    console = _terminal()
    assert list(progress(iter('abc'), 3, 'work', console)) == ['a', 'b', 'c']
    assert console.file.getvalue() == ''


@pytest.mark.parametrize('enabled', [True, False])
def test_long_work_shows_a_bar(slow, enabled):
    console = _terminal()
    assert list(progress(range(5), 5, 'work', console, enabled=enabled)) == [0, 1, 2, 3, 4]
    assert ('work' in console.file.getvalue()) is enabled


def test_a_file_gets_no_bar(slow):
    console = Console(file=io.StringIO())
    assert list(progress(range(5), 5, 'work', console)) == [0, 1, 2, 3, 4]
    assert console.file.getvalue() == ''


def test_a_bar_that_a_job_advances_itself_leaves_a_file_empty():
    console = Console(file=io.StringIO())
    with progress_bar(console) as bar:
        bar.advance(bar.add_task('work', total=4), 3)
    assert console.file.getvalue() == ''


def test_stdout_stays_clean(slow, capsys):
    assert len(list(progress(range(5), 5, 'work'))) == 5
    assert capsys.readouterr().out == ''


def test_bar_that_a_job_advances_itself():
    console = _terminal()
    with progress_bar(console) as bar:
        bar.advance(bar.add_task('work', total=4), 3)
    assert '3/4' in console.file.getvalue()
