"""Losses of a device are read when they are logged; nothing that is logged, saved or stopped differs by that."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from toy_engine import Interrupted, toy_runner

from vamp_mm.engine import load_checkpoint
from vamp_mm.engine.hooks import RuntimeInfoHook
from vamp_mm.engine.pending_losses import PendingLosses


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Tensors of the CPU stand for those of a device; the result grows by the number of steps of each read."""
    reads: list[int] = []
    take = PendingLosses.take

    def counted(self: PendingLosses) -> list:
        taken = take(self)
        reads.append(len(taken))
        return taken

    monkeypatch.setattr('vamp_mm.engine.pending_losses.waits', lambda _: True)
    monkeypatch.setattr(PendingLosses, 'take', counted)
    return reads


def _history(runner) -> dict[str, list[float]]:
    scalars = runner.message_hub.log_scalars
    return {name: buffer.data[0].tolist() for name, buffer in scalars.items() if 'time' not in name}


def _trained(folder: Path, interval: int = 3):
    runner = toy_runner(folder, default_hooks__logger=dict(type='LoggerHook', interval=interval))
    runner.train()
    return runner


def test_history_and_checkpoints_are_those_of_reading_every_step(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    at_once = _trained(tmp_path / 'cpu')
    reads = request.getfixturevalue('device')
    later = _trained(tmp_path / 'device')
    assert _history(later) == _history(at_once)
    assert len(_history(later)['train/loss']) == 20
    files = [load_checkpoint(tmp_path / name / 'epoch_4.pth') for name in ('cpu', 'device')]
    losses = [file['message_hub']['log_scalars']['train/loss'] for file in files]
    assert torch.equal(losses[0]['log_history'], losses[1]['log_history'])
    # four epochs of five steps, read after the third and the fifth, by each of two hooks
    assert sorted(reads) == [2] * 8 + [3] * 8


def test_the_first_broken_step_is_named_when_it_is_found(tmp_path: Path, device: list[int]) -> None:
    runner = toy_runner(
        tmp_path, model__break_at=12, default_hooks__logger=dict(type='LoggerHook', interval=50)
    )
    with pytest.raises(FloatingPointError) as error:
        runner.train()
    assert str(error.value).startswith(
        'loss_kl = nan in epoch 3, iteration 12 (batch 2 of the epoch); images: '
    )
    assert runner.iter == 14  # the end of that epoch, before its checkpoint
    assert sorted(path.name for path in tmp_path.glob('*.pth')) == ['epoch_1.pth', 'epoch_2.pth']


def test_a_checkpoint_within_an_epoch_holds_all_steps_before_it(
    tmp_path: Path, device: list[int]
) -> None:
    runner = toy_runner(
        tmp_path,
        stop=4,
        default_hooks__checkpoint__by_epoch=False,
        default_hooks__checkpoint__interval=2,
        default_hooks__logger=dict(type='LoggerHook', interval=50),
    )
    with pytest.raises(Interrupted):
        runner.train()
    for steps in (2, 4):
        file = load_checkpoint(tmp_path / f'iter_{steps}.pth')
        assert len(file['message_hub']['log_scalars']['train/loss']['log_history']) == steps


def test_numbers_of_any_kind_are_read_by_one_copy() -> None:
    pending: PendingLosses[str] = PendingLosses()
    pending.add({'a': torch.tensor([1.0, 3.0]), 'b': 5, 'c': torch.tensor(0.1)}, 'first')
    pending.add({}, 'nothing')
    pending.add({'d': torch.tensor(0.1, dtype=torch.float64), 'e': torch.ones(2).half()}, 'second')
    assert len(pending) == 2
    taken = pending.take()
    assert taken[0] == ({'a': 2.0, 'b': 5.0, 'c': pytest.approx(0.1, abs=1e-8)}, 'first')
    assert taken[1] == ({'d': 0.1, 'e': 1.0}, 'second')  # float64 stays float64
    assert pending.take() == []


def test_mmengines_name_means_ours(tmp_path: Path) -> None:
    runner = toy_runner(tmp_path)
    assert [type(hook) for hook in runner.hooks if 'RuntimeInfo' in type(hook).__name__] == [
        RuntimeInfoHook
    ]
