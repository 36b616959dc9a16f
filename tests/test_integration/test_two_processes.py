"""Two processes with half the batch each, and one with all of it: the same training."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import micro as world
import pytest
import torch
from micro_processes import LIMIT, environment, run
from micro_runs import Finished


@pytest.fixture(scope='module')
def pair(micro: world.Micro, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Trained by ``tools/dist_train.sh`` over gloo."""
    work_dir = tmp_path_factory.mktemp('pair') / 'run'
    done = run(
        'tools/dist_train.sh',
        micro.config,
        '2',
        '--work-dir',
        work_dir,
        '--cfg-options',
        'train_dataloader.batch_size=2',
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return Finished.read(work_dir)


def assert_same_weights(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """AdamW divides a gradient by its own size, so rounding of small gradients shows, but never more than a share of the
    learning rates (6e-3 in all): up to 5e-7 was seen."""
    assert ours['state_dict'].keys() == theirs['state_dict'].keys()
    for key, value in ours['state_dict'].items():
        torch.testing.assert_close(theirs['state_dict'][key], value, rtol=0, atol=3e-6, msg=key)


def test_same_loss_curve(pair: Finished, finished: Finished) -> None:
    one, two = (
        [line for line in world.scalars(run.work_dir) if 'loss' in line] for run in (finished, pair)
    )
    assert [line['step'] for line in two] == [line['step'] for line in one]
    for ours, theirs in zip(one, two, strict=True):
        for key in (key for key in ours if 'loss' in key or 'metric' in key):
            # Sums of half and whole batches round differently: a few 1e-7 for terms of order 1, up to 1e-6 seen after
            # nine steps. Single images differ by tenths.
            assert theirs[key] == pytest.approx(ours[key], abs=5e-6), (ours['step'], key)


def test_same_weights(pair: Finished, finished: Finished) -> None:
    assert pair.result['processes'] == 2
    assert_same_weights(finished.checkpoint, pair.checkpoint)
    # The last epoch alone moves what is trained by a hundred times the tolerance and more.
    before = torch.load(finished.work_dir / 'epoch_2.pth', weights_only=True)['state_dict']
    for key in ('prompter.host.tokens', 'prompter.posterior.bias_mean'):
        assert float((finished.checkpoint['state_dict'][key] - before[key]).abs().max()) > 3e-4


def test_same_comparison_with_zero_shot(pair: Finished, finished: Finished) -> None:
    ours, theirs = (run.result['compared_with_zero_shot'] for run in (finished, pair))
    assert theirs == ours
    # each image once, though the processes share them
    assert ours['count'] == 3 * world.SIZES['val']
    assert pair.result['optimiser_steps'] == finished.result['optimiser_steps']


def test_one_process_goes_on_where_two_were_stopped(
    pair: Finished, finished: Finished, micro: world.Micro, tmp_path: Path
) -> None:
    work_dir = Path(shutil.copytree(pair.work_dir, tmp_path / 'run'))
    for name in ('epoch_3.pth', 'last_checkpoint', 'result.json'):
        (work_dir / name).unlink()
    micro.train(work_dir, resume=True)
    goes_on = Finished.read(work_dir)
    assert goes_on.result['processes'] == 1
    assert_same_weights(finished.checkpoint, goes_on.checkpoint)


def test_same_prototypes(pair: Finished, finished: Finished) -> None:
    """Each process encodes its share of the images, in batches of its own."""
    key = 'prompter.prototypes'
    ours = finished.checkpoint['state_dict'][key]
    # unit vectors out of float32 features that are averaged in float64
    torch.testing.assert_close(pair.checkpoint['state_dict'][key], ours, rtol=0, atol=1e-6)
    assert float((ours[0] - ours[1]).abs().max()) > 1e-2, (
        'all classes have one prototype: the comparison is void'
    )


def test_same_metrics(pair: Finished, finished: Finished) -> None:
    assert pair.result['metrics'].keys() == finished.metrics.keys()
    for key, value in finished.metrics.items():
        # No image is counted twice (24 do not divide into batches of 5 by two processes), none is missing; the rest is
        # the rounding of the weights.
        assert pair.result['metrics'][key] == pytest.approx(value, abs=5e-6), key


def test_torchrun_alone_makes_one_run(micro: world.Micro, tmp_path: Path) -> None:
    """Without --launcher the two processes would be two trainings in one folder."""
    words = [
        '-m',
        'torch.distributed.run',
        '--standalone',
        '--nproc_per_node',
        '2',
        world.ROOT / 'tools' / 'train.py',
        micro.config,
        '--work-dir',
        tmp_path / 'run',
        '--cfg-options',
        'train_dataloader.batch_size=2',
        'train_cfg.max_epochs=1',
    ]
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (
        'torchrun started 2 processes: they are one run (launcher=pytorch)'
        in done.stdout + done.stderr
    )
    result = json.loads((tmp_path / 'run' / 'result.json').read_text(encoding='utf-8'))
    assert result['processes'] == 2
    assert result['tested_checkpoint'] == 'epoch_1.pth'
    assert len(list((tmp_path / 'run').glob('*/*.log'))) == 1
