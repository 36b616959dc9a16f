"""A loss that is no number: training stops, says what and where, and keeps what was good."""

from __future__ import annotations

from pathlib import Path

import micro as world
import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.models.losses import VariationalLoss


class LastBatch(Hook):
    """Remembers the images of the last batch."""

    priority = 'HIGHEST'

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict) -> None:
        self.images = [sample.img_path for sample in data_batch['data_samples']]


def test_nan_in_one_term(
    micro: world.Micro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, calls = VariationalLoss.forward, []

    def broken(self: VariationalLoss, *args: object) -> torch.Tensor:
        calls.append(1)
        return good(self, *args) * (float('nan') if len(calls) == world.STEPS + 2 else 1.0)

    monkeypatch.setattr(VariationalLoss, 'forward', broken)
    batch = LastBatch()
    with pytest.raises(FloatingPointError) as caught:
        micro.train(tmp_path / 'run', hooks=[batch])
    told = str(caught.value)
    for word in (
        'loss_kl = nan',
        'epoch 2, iteration 5 (batch 2 of the epoch)',
        *batch.images,
        '--resume',
    ):
        assert word in told
    assert 'loss_ce_class' not in told
    assert len(batch.images) == 4
    monkeypatch.undo()
    kept = [path.name for path in (tmp_path / 'run').glob('*.pth')]
    assert kept == ['epoch_1.pth']
    assert micro.train(tmp_path / 'run', resume=True)['H'] > 0


def test_learning_rate_that_breaks_the_weights(micro: world.Micro, tmp_path: Path) -> None:
    run, again = tmp_path / 'run', tmp_path / 'again'
    with pytest.raises(
        FloatingPointError,
        match='loss_ce_class = nan.*in epoch 2.*Earlier checkpoints are untouched',
    ):
        micro.train(run, {'optim_wrapper.optimizer.lr': 1e30})
    state = torch.load(run / 'epoch_1.pth', weights_only=True)['state_dict']  # of the warm-up
    assert all(bool(torch.isfinite(value).all()) for value in state.values())
    assert not (run / 'epoch_2.pth').exists()
    assert not (run / 'result.json').exists()
    # A checkpoint brings its learning rate along: a smaller one in the config must not be passed over in silence.
    with pytest.raises(ValueError, match=r'optimizer\.lr: 1e\+30 -> 0\.001.*load_from'):
        micro.train(run, resume=True)
    assert micro.train(again, {'load_from': str(run / 'epoch_1.pth')}).keys() >= {'H'}
