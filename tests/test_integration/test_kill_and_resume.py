"""SIGKILL at any moment and --resume, or loading processes: always the same bits."""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path

import micro as world
import torch
from micro_processes import LIMIT, run, start_training
from micro_runs import Finished

from vamp_mm.engine import find_latest_checkpoint
from vamp_mm.engine.plain import same_plain

WORKERS = {
    'train_dataloader.num_workers': 2, 'train_dataloader.persistent_workers': True, 'test_dataloader.num_workers': 2
}


def assert_same_run(work_dir: Path, finished: Finished) -> None:
    """Weights, buffers, optimizer, schedule and metrics are those of the run that was left alone."""
    state = torch.load(work_dir / finished.file.name, weights_only=True)
    assert state['state_dict'].keys() == finished.checkpoint['state_dict'].keys()
    for key, value in finished.checkpoint['state_dict'].items():
        assert torch.equal(state['state_dict'][key], value), key
    for key in ('optimizer', 'param_schedulers'):
        assert same_plain(state[key], finished.checkpoint[key]), key
    assert json.loads((work_dir / 'result.json').read_text(encoding='utf-8'))['metrics'] == finished.metrics


def test_loading_processes_do_not_change_the_weights(finished: Finished, micro: world.Micro, tmp_path: Path) -> None:
    micro.train(tmp_path / 'run', WORKERS)
    assert_same_run(tmp_path / 'run', finished)


def kill_once(micro: world.Micro, work_dir: Path, overrides: dict, kill: dict[str, int], seconds: float | None = None) -> None:
    """One attempt at the run. It kills itself at the given moment, or is killed after some seconds."""
    process = start_training(micro, work_dir, overrides, kill)
    process.join(LIMIT if seconds is None else seconds)
    killed = process.exitcode is None
    process.kill()
    process.join()
    if seconds is None:
        assert not killed, 'the attempt hangs'
        assert process.exitcode == -signal.SIGKILL, work_dir.with_suffix('.log').read_text(encoding='utf-8')[-3000:]
    else:  # a fast machine may have finished before
        assert process.exitcode in (0, -signal.SIGKILL)
    for path in work_dir.glob('*.pth'):
        torch.load(path, weights_only=True)  # what has its final name is whole


def test_killed_again_and_again(finished: Finished, micro: world.Micro, tmp_path: Path) -> None:
    chance = random.Random(1)
    work_dir = tmp_path / 'run'
    per_epoch, last = world.STEPS, world.EPOCHS * world.STEPS
    kill_once(micro, work_dir, {}, dict(step=chance.randint(1, per_epoch - 1)))  # nothing is saved yet
    kill_once(micro, work_dir, {}, dict(saving=2))
    kill_once(micro, work_dir, {}, dict(step=chance.randint(2 * per_epoch + 1, last - 1)))
    assert find_latest_checkpoint(work_dir) == str(work_dir / 'epoch_2.pth')
    for _ in range(2):  # wherever this strikes: between the first line and the last, in our code or in another's
        kill_once(micro, work_dir, {}, {}, chance.uniform(0.2, 1.0) * finished.result['seconds'])
    micro.train(work_dir, resume=True)
    assert_same_run(work_dir, finished)


def test_killed_with_loading_processes(finished: Finished, micro: world.Micro, tmp_path: Path) -> None:
    """Workers that outlive an epoch have seen other epochs in the run that was left alone; the command resumes."""
    work_dir = tmp_path / 'run'
    kill_once(micro, work_dir, WORKERS, dict(step=2 * world.STEPS - 1))
    options = [f'{key}={value}' for key, value in WORKERS.items()]
    done = run('tools/train.py', micro.config, '--work-dir', work_dir, '--resume', '--cfg-options', *options)
    assert done.returncode == 0, done.stderr[-3000:]
    assert_same_run(work_dir, finished)
