"""What the live table and the plain lines say."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
from rich.console import Console

from vamp_mm.benchmark.display import Display
from vamp_mm.benchmark.estimate import Estimator
from vamp_mm.benchmark.jobs import Job
from vamp_mm.benchmark.queue import Entry


def _entries(folder: Path) -> list[Entry]:
    entries = []
    for seed, state in enumerate(('finished', 'running', 'failed', 'waiting'), 1):
        labels = dict(method='m', dataset='d', protocol='p', shots=4, seed=seed)
        work_dir = folder / str(seed)
        work_dir.mkdir()
        entries.append(
            Entry(Job({}, labels, True, 'x', str(work_dir)), state, fresh=seed > 1, seconds=7)
        )
    entries[1].started = time.time()
    told = dict(phase='training', done=30, total=100, first=10, seconds=40.0, process=1)
    (folder / '2' / 'progress.json').write_text(json.dumps(told))
    return entries


def test_live_table_shows_progress_and_time(tmp_path: Path) -> None:
    out = io.StringIO()
    entries, estimator = _entries(tmp_path), Estimator()
    estimator.learn(entries[0].job.labels, {'seconds': 100.0})
    with Display(
        entries, estimator, 1, Console(file=out, force_terminal=True, width=100, color_system=None)
    ) as display:
        display.update()
    text = out.getvalue()
    assert 'training 30 %' in text
    # 100 s each, one after the other
    assert '1 running, 1 failed, 1 finished, 1 waiting; time left: 3 min' in text


def test_time_left_of_the_first_run_is_told_from_its_own_progress(tmp_path: Path) -> None:
    entries = _entries(tmp_path)
    display = Display(entries, Estimator(), 1, Console(file=io.StringIO()))
    assert display.time_left() is None  # nothing is known of the one that waits
    display = Display(entries[:3], Estimator(), 1, Console(file=io.StringIO()))
    assert display.time_left() == 140.0  # 20 iterations took 40 s, 70 are left


def test_plain_lines_tell_each_change_once(tmp_path: Path) -> None:
    out = io.StringIO()
    entries = _entries(tmp_path)
    display = Display(entries, Estimator(), 2, Console(file=out))
    with display:
        display.update()
        display.update()
    assert out.getvalue().splitlines() == [
        '[2/4] m d p 4 shots seed 2: running (slot 0)',
        '[2/4] m d p 4 shots seed 3: failed after 7 s',
    ]


@pytest.mark.parametrize(
    'text',
    [
        '',
        '{"phase": "training"',
        '[1]',
        '{"phase": 1, "done": 2}',
        json.dumps(dict(phase='training', done='30', total=100, first=10, seconds=40.0)),
        json.dumps(dict(phase='training', done=30, total=100, first=10, seconds=10**400)),
    ],
)
def test_damaged_progress_of_a_run_does_not_stop_the_others(tmp_path: Path, text: str) -> None:
    entries = _entries(tmp_path)
    (tmp_path / '2' / 'progress.json').write_text(text)
    out = io.StringIO()
    with Display(
        entries,
        Estimator(),
        1,
        Console(file=out, force_terminal=True, width=100, color_system=None),
    ) as display:
        display.update()
    assert 'starting' in out.getvalue()
