"""Two processes with half the batch each, and one with all of it: the same training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import micro as world
import pytest
import torch
from micro_processes import free_port, run
from micro_runs import Finished


@dataclass(frozen=True)
class Pair:
    """A run of two processes.

    Args:
        result: Its ``result.json``.
        scalars: What it logged.
        checkpoint: Its last checkpoint.
    """

    result: dict[str, Any]
    scalars: list[dict[str, Any]]
    checkpoint: dict[str, Any]


@pytest.fixture(scope='module')
def pair(finished: Finished, micro: world.Micro, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Trained by ``tools/dist_train.sh`` over gloo."""
    work_dir = tmp_path_factory.mktemp('pair') / 'run'
    done = run('tools/dist_train.sh', micro.config, '2', '--work-dir', work_dir, '--cfg-options',
               'train_dataloader.batch_size=2', PORT=str(free_port()))
    assert done.returncode == 0, done.stderr[-3000:]
    return Pair(
        result=json.loads((work_dir / 'result.json').read_text(encoding='utf-8')),
        scalars=world.scalars(work_dir),
        checkpoint=torch.load(work_dir / finished.file.name, weights_only=True))


def test_same_loss_curve(pair: Pair, finished: Finished) -> None:
    one, two = ([line for line in lines if 'loss' in line] for lines in (world.scalars(finished.work_dir), pair.scalars))
    assert [line['step'] for line in two] == [line['step'] for line in one]
    for ours, theirs in zip(one, two, strict=True):
        for key in (key for key in ours if 'loss' in key or 'metric' in key):
            # Sums of half and whole batches round differently: a few 1e-7 for terms of order 1, up to 1e-6 seen after
            # nine steps. Single images differ by tenths.
            assert theirs[key] == pytest.approx(ours[key], abs=5e-6), (ours['step'], key)


def test_same_weights(pair: Pair, finished: Finished) -> None:
    before = torch.load(finished.work_dir / 'epoch_2.pth', weights_only=True)['state_dict']
    moved = {}
    for key, value in finished.checkpoint['state_dict'].items():
        # AdamW divides a gradient by its own size, so rounding of small gradients shows, but never more than a share of
        # the learning rates (6e-3 in all): up to 5e-7 was seen.
        torch.testing.assert_close(pair.checkpoint['state_dict'][key], value, rtol=0, atol=3e-6, msg=key)
        moved[key] = float((value - before[key]).abs().max())
    # A single epoch moves what is trained by a hundred times the tolerance and more.
    assert min(moved[key] for key in ('prompter.host.tokens', 'prompter.posterior.bias_mean')) > 3e-4


def test_same_prototypes(pair: Pair, finished: Finished) -> None:
    """Each process encodes its share of the images, in batches of its own."""
    key = 'prompter.prototypes'
    ours = finished.checkpoint['state_dict'][key]
    # unit vectors out of float32 features that are averaged in float64
    torch.testing.assert_close(pair.checkpoint['state_dict'][key], ours, rtol=0, atol=1e-6)
    assert float((ours[0] - ours[1]).abs().max()) > 1e-2, 'all classes have one prototype: the comparison is void'


def test_same_metrics(pair: Pair, finished: Finished) -> None:
    assert pair.result['processes'] == 2
    assert pair.result['metrics'].keys() == finished.metrics.keys()
    for key, value in finished.metrics.items():
        # No image is counted twice (24 do not divide into batches of 5 by two processes), none is missing; the rest is
        # the rounding of the weights.
        assert pair.result['metrics'][key] == pytest.approx(value, abs=5e-6), key
