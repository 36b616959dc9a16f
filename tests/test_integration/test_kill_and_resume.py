"""SIGKILL at any moment and --resume, or loading processes: always the same bits."""

from __future__ import annotations

import random
import shutil
import signal
from pathlib import Path
from typing import Any

import micro as world
import pytest
import torch
from micro_processes import LIMIT, run, start_training
from micro_runs import Finished
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm import apis
from vamp_mm.engine import CheckpointError, find_latest_checkpoint
from vamp_mm.engine.plain import same_plain

WORKERS = {
    'train_dataloader.num_workers': 2,
    'train_dataloader.persistent_workers': True,
    'test_dataloader.num_workers': 2,
}


def assert_same_training(state: dict[str, Any], expected: dict[str, Any]) -> None:
    """Weights, buffers, optimizer and schedule are the same bits."""
    assert state['state_dict'].keys() == expected['state_dict'].keys()
    for key, value in expected['state_dict'].items():
        assert torch.equal(state['state_dict'][key], value), key
    for key in ('optimizer', 'param_schedulers'):
        assert same_plain(state[key], expected[key]), key


def assert_same_run(work_dir: Path, finished: Finished) -> None:
    """Training and metrics are those of the run that was left alone."""
    run = Finished.read(work_dir)
    assert_same_training(run.checkpoint, finished.checkpoint)
    assert run.metrics == finished.metrics


def test_loading_processes_do_not_change_the_weights(
    finished: Finished, micro: world.Micro, tmp_path: Path
) -> None:
    micro.train(tmp_path / 'run', WORKERS)
    assert_same_run(tmp_path / 'run', finished)


def kill_once(
    micro: world.Micro,
    work_dir: Path,
    overrides: dict,
    kill: dict[str, int],
    seconds: float | None = None,
) -> None:
    """One attempt at the run. It kills itself at the given moment, or is killed after some seconds."""
    process = start_training(micro, work_dir, overrides, kill)
    process.join(LIMIT if seconds is None else seconds)
    killed = process.exitcode is None
    process.kill()
    process.join()
    if seconds is None:
        assert not killed, 'the attempt hangs'
        assert process.exitcode == -signal.SIGKILL, work_dir.with_suffix('.log').read_text(
            encoding='utf-8'
        )[-3000:]
    else:  # a fast machine may have finished before
        assert process.exitcode in (0, -signal.SIGKILL)
    for path in work_dir.glob('*.pth'):
        torch.load(path, weights_only=True)  # what has its final name is whole


def test_killed_again_and_again(finished: Finished, micro: world.Micro, tmp_path: Path) -> None:
    chance = random.Random(1)
    work_dir = tmp_path / 'run'
    per_epoch, last = world.STEPS, world.EPOCHS * world.STEPS
    # nothing is saved yet
    kill_once(micro, work_dir, {}, dict(step=chance.randint(1, per_epoch - 1)))
    kill_once(micro, work_dir, {}, dict(saving=2))
    kill_once(micro, work_dir, {}, dict(step=chance.randint(2 * per_epoch + 1, last - 1)))
    assert find_latest_checkpoint(work_dir) == str(work_dir / 'epoch_2.pth')
    # wherever this strikes: between the first line and the last, in our code or in another's
    for _ in range(2):
        kill_once(micro, work_dir, {}, {}, chance.uniform(0.2, 1.0) * finished.result['seconds'])
    micro.train(work_dir, resume=True)
    assert_same_run(work_dir, finished)


def test_killed_with_loading_processes(
    finished: Finished, micro: world.Micro, tmp_path: Path
) -> None:
    """Workers that outlive an epoch have seen other epochs in the run that was left alone; the command resumes."""
    work_dir = tmp_path / 'run'
    kill_once(micro, work_dir, WORKERS, dict(step=2 * world.STEPS - 1))
    options = [f'{key}={value}' for key, value in WORKERS.items()]
    done = run(
        'tools/train.py',
        micro.config,
        '--work-dir',
        work_dir,
        '--resume',
        '--cfg-options',
        *options,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert_same_run(work_dir, finished)


class Stop(Hook):
    """Ctrl-C in the middle of the last epoch."""

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        if runner.iter + 1 == world.EPOCHS * world.STEPS - 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize(('host', 'options', 'amp'), [
    ('maple', {}, True),
    # prototypes that follow the trained posterior, and a divergence whose weight counts steps
    ('mmrl', {'model.prompter.prototype_source': 'posterior', 'custom_hooks.2.refresh_interval': 1,
              'model.head.kl.warmup': 5}, False)
], ids=['coupled tokens in bfloat16', 'prototypes of the posterior'])  # fmt: skip
def test_other_methods_go_on_as_well(
    micro: world.Micro, tmp_path: Path, host: str, options: dict, amp: bool
) -> None:
    def train(name: str, **arguments: Any) -> Finished:
        config = micro.maple if host == 'maple' else micro.config
        apis.train(
            apis.compose(config, work_dir=str(tmp_path / name), amp=amp, overrides=options),
            **arguments,
        )
        return Finished.read(tmp_path / name)

    whole = train('whole')
    with pytest.raises(KeyboardInterrupt):
        train('parts', hooks=[Stop()])
    parts = train('parts', resume=True)
    assert_same_training(parts.checkpoint, whole.checkpoint)
    assert parts.metrics == whole.metrics


def test_a_refused_resume_changes_nothing(
    finished: Finished, micro: world.Micro, tmp_path: Path
) -> None:
    work_dir = tmp_path / 'run'
    shutil.copytree(finished.work_dir, work_dir)
    before = {path: path.read_bytes() for path in work_dir.rglob('*') if path.is_file()}
    with pytest.raises(CheckpointError, match=r'randomness.seed: \d+ -> 77'):
        micro.train(work_dir, {'randomness.seed': 77}, resume=True)
    assert {path: path.read_bytes() for path in work_dir.rglob('*') if path.is_file()} == before
