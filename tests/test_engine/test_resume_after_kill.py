"""SIGKILL at any moment, then resume: the same bits as a run that was left alone."""

from __future__ import annotations

import random
import signal
import time

import pytest
import torch
from toy_processes import LIMIT, start

from vamp_mm.engine import find_latest_checkpoint
from vamp_mm.engine.plain import same_plain


def finish(work_dir, *options):
    process = start(work_dir, *options)
    _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, errors[-3000:]
    return torch.load(work_dir / 'epoch_4.pth', weights_only=True)


def kill_when(process, condition):
    """Kill the process as soon as the condition holds; it must still run then."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert process.poll() is None, process.stderr.read()[-3000:]
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert process.returncode == -signal.SIGKILL


def assert_resumable(work_dir):
    """All that has a final name is whole, and the search finds the newest of it."""
    paths = sorted(work_dir.glob('epoch_*.pth'))
    for path in paths:
        torch.load(path, weights_only=True)
    assert find_latest_checkpoint(work_dir) == (str(paths[-1]) if paths else None)
    return len(paths)


def assert_same_training(one, other):
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert same_plain(one[key], other[key]), key


@pytest.fixture(scope='module')
def uninterrupted(tmp_path_factory):
    return finish(tmp_path_factory.mktemp('whole'))


# Each file takes 0.4 s to write, so that the kill strikes in the middle.
@pytest.mark.parametrize(
    ('pattern', 'present', 'left'),
    [
        ('.epoch_1.pth.*', None, 0),
        ('.epoch_3.pth.*', 'epoch_2.pth', 1),
        ('.last_checkpoint.*', 'epoch_3.pth', 2),
    ],
    ids=['first file', 'third file', 'pointer'],
)
def test_killed_while_writing(tmp_path, uninterrupted, pattern, present, left):
    """One checkpoint is kept, so nothing else could help out."""
    process = start(tmp_path, '--slow', '0.4', '--keep', '1')
    kill_when(
        process,
        lambda: any(tmp_path.glob(pattern)) and (present is None or (tmp_path / present).exists()),
    )
    assert any(tmp_path.glob(pattern)), 'the kill was meant to strike a half-written file'
    assert assert_resumable(tmp_path) == left
    assert_same_training(finish(tmp_path, '--keep', '1'), uninterrupted)
    assert not list(tmp_path.glob('.*.tmp'))
    assert [path.name for path in tmp_path.glob('*.pth')] == ['epoch_4.pth']


def test_killed_again_and_again_at_random(tmp_path, uninterrupted):
    """Every attempt gets on by one checkpoint or part of one before it is killed."""
    chance = random.Random(1)
    for _ in range(2):
        process = start(tmp_path, '--slow', '0.3')
        known = len(list(tmp_path.glob('*.pth')))
        kill_when(
            process,
            lambda known=known: (
                len(list(tmp_path.glob('*.pth'))) > known
                or (any(tmp_path.glob('.*.tmp')) and chance.random() < 0.03)
            ),
        )
        assert_resumable(tmp_path)
    assert_same_training(finish(tmp_path), uninterrupted)
