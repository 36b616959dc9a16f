"""The numbers of ``result.json`` are those of the last checkpoint, whatever hooks do with the weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.hooks import EarlyStoppingHook, Hook
from mmengine.runner import Runner
from toy_apis import write_config

from vamp_mm.apis import compose, test, train
from vamp_mm.engine import load_checkpoint
from vamp_mm.registry import HOOKS

# The name `test` is an api here, not a test.
test.__test__ = False  # type: ignore[attr-defined]

VAL = """
val_dataloader = dict(
    batch_size=2, dataset=dict(type='ApiToyData'), sampler=dict(type='DefaultSampler', shuffle=False))
val_cfg = dict()
val_evaluator = [dict(type='ApiToyMetric')]
"""


def hooks(*configs: str, val: bool = False, epochs: int = 3) -> str:
    return (
        f"custom_hooks = [dict(type='ThroughputHook'), {', '.join(configs)}]\n"
        f'train_cfg = dict(by_epoch=True, max_epochs={epochs})\n' + (VAL if val else '')
    )


def run(folder: Path, extra: str, **saving: Any) -> tuple[dict[str, Any], Path]:
    """Train, and test what result.json names; both must give the same bits."""
    folder.mkdir(exist_ok=True)
    config = write_config(folder, extra)
    overrides = {f'default_hooks.checkpoint.{key}': value for key, value in saving.items()}
    metrics = train(compose(config, work_dir=str(folder / 'run'), overrides=overrides))
    result = json.loads((folder / 'run' / 'result.json').read_text())
    assert result['metrics'] == metrics
    assert not list((folder / 'run').glob('.*')), 'leftovers'
    file = result['tested_checkpoint']
    if file is not None:
        assert (
            test(compose(config, work_dir=str(folder / 'again')), folder / 'run' / file) == metrics
        )
    return result, folder / 'run'


def weight(path: Path) -> float:
    return float(load_checkpoint(path)['state_dict']['weight'])


@HOOKS.register_module()
class AverageAtTest(Hook):
    """Keeps an average beside the weights, in the checkpoint, and puts it into the model for a test only."""

    def before_run(self, runner: Runner) -> None:
        self.sum, self.count = torch.zeros(1, 1), 0

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        self.sum, self.count = self.sum + runner.model.weight.detach(), self.count + 1

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        checkpoint['average'] = self.sum / self.count

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        self.sum, self.count = checkpoint['average'], 1

    def before_test_epoch(self, runner: Runner) -> None:
        self.before = runner.model.weight.detach().clone()
        runner.model.weight.data.copy_(self.sum / max(self.count, 1))

    def after_test_epoch(self, runner: Runner, metrics: dict | None = None) -> None:
        runner.model.weight.data.copy_(self.before)


@HOOKS.register_module()
class RoundAtTheEnd(Hook):
    """Changes the weights when training is over, after the last checkpoint."""

    priority = 'LOWEST'

    def after_train(self, runner: Runner) -> None:
        runner.model.weight.data.fill_(0.25)


@HOOKS.register_module()
class HalveOutsideTheCheckpoint(Hook):
    """Changes what no checkpoint holds: the model as an object."""

    def after_train(self, runner: Runner) -> None:
        runner.model.forward = lambda inputs, mode='tensor': [torch.tensor(7.0)] * len(inputs)


@HOOKS.register_module()
class MyStopping(EarlyStoppingHook):
    """Of a user."""


EMA = "dict(type='EMAHook', ema_type='{}', {})"


@pytest.mark.parametrize(
    'hook',
    [
        EMA.format('ExponentialMovingAverage', 'momentum=0.2'),
        EMA.format('ExponentialMovingAverage', 'momentum=0.2, update_buffers=True, begin_epoch=2'),
        EMA.format('MomentumAnnealingEMA', 'gamma=3'),
        EMA.format('StochasticWeightAverage', 'begin_iter=2'),
        "dict(type='AverageAtTest')",
        "dict(type='GaussianAverageHook', mean=2)",
        "dict(type='RoundAtTheEnd')",
        "dict(type='HalveOutsideTheCheckpoint')",
        "dict(type='SyncBuffersHook')",
        "dict(type='EmptyCacheHook', after_iter=True)",
    ],
)
def test_hooks_that_change_weights(tmp_path: Path, hook: str) -> None:
    plain, _ = run(tmp_path, hooks())
    result, folder = run(tmp_path / 'changed', hooks(hook))
    assert result['tested_checkpoint'] == 'epoch_3.pth'
    same = any(name in hook for name in ('HalveOutside', 'SyncBuffers', 'EmptyCache'))
    assert (result['metrics'] == plain['metrics']) is same, 'the comparison is void'
    if 'RoundAtTheEnd' in hook:
        assert weight(folder / 'epoch_3.pth') == 0.25
    else:
        assert (weight(folder / 'epoch_3.pth') == weight(tmp_path / 'run' / 'epoch_3.pth')) is (
            same or 'AverageAtTest' in hook
        )


@pytest.mark.parametrize('saving', [
    dict(interval=2), dict(interval=-1), dict(by_epoch=False, interval=4), dict(save_begin=5), dict(max_keep_ckpts=1),
    dict(interval=2, save_best='toy/error', rule='less'), dict(interval=-1, published_keys=['state_dict'])
], ids=str)  # fmt: skip
@pytest.mark.parametrize(
    'hook',
    ["dict(type='GaussianAverageHook', mean=2)", EMA.format('StochasticWeightAverage', '')],
    ids=['gaussian', 'ema'],
)
def test_settings_of_the_checkpoint(tmp_path: Path, hook: str, saving: dict) -> None:
    """An average that is taken after the last epoch is in the file too, where files are written by iteration."""
    result, folder = run(tmp_path, hooks(hook, val=True), **saving)
    name = 'iter_6.pth' if 'by_epoch' in saving else 'epoch_3.pth'
    assert result['tested_checkpoint'] == name
    assert (folder / 'last_checkpoint').read_text() == name
    if 'published_keys' in saving:
        (published,) = folder.glob('epoch_3-*.pth')
        assert weight(published) == weight(folder / name)


def test_weights_that_are_not_kept_are_tested_and_said(tmp_path: Path) -> None:
    result, folder = run(tmp_path, hooks(), interval=2, save_last=False)
    kept, _ = run(tmp_path / 'kept', hooks())
    assert result['tested_checkpoint'] is None
    assert result['metrics'] == kept['metrics']
    assert sorted(path.name for path in folder.glob('*.pth')) == ['epoch_2.pth']
    (log,) = folder.glob('*/*.log')
    assert 'belong to weights that are lost with this process' in log.read_text()


@pytest.mark.parametrize(
    'kind', ["dict(type='mmengine.CheckpointHook')", None], ids=['of MMEngine', 'none']
)
def test_other_checkpoint_hooks(tmp_path: Path, kind: str | None) -> None:
    ema = hooks(EMA.format('ExponentialMovingAverage', 'momentum=0.2'))
    result, _ = run(tmp_path, ema + f'default_hooks = dict(checkpoint={kind})\n')
    kept, _ = run(tmp_path / 'kept', ema)
    assert result['tested_checkpoint'] is None
    assert result['metrics'] == kept['metrics']


@pytest.mark.parametrize('kind', ['EarlyStoppingHook', 'MyStopping'])
def test_training_that_stops_early(tmp_path: Path, kind: str) -> None:
    """The weights of the epoch that was the last one are kept, and a test needs no training loop."""
    stop = f"dict(type='{kind}', monitor='toy/error', rule='less', patience=1, min_delta=100.0)"
    result, folder = run(tmp_path, hooks(stop, val=True, epochs=9), interval=5)
    assert 0 < result['epochs'] < 5
    assert result['tested_checkpoint'] == f'epoch_{result["epochs"]}.pth'
    assert [path.name for path in folder.glob('*.pth')] == [result['tested_checkpoint']]
    state = load_checkpoint(folder / result['tested_checkpoint'])
    assert (state['meta']['epoch'], state['meta']['iter']) == (
        result['epochs'],
        2 * result['epochs'],
    )


@pytest.mark.parametrize(
    'hook',
    [EMA.format('ExponentialMovingAverage', 'momentum=0.2'), "dict(type='AverageAtTest')"],
    ids=['ema', 'average'],
)
def test_a_finished_run_that_is_resumed_gives_its_numbers_again(tmp_path: Path, hook: str) -> None:
    result, folder = run(tmp_path, hooks(hook))
    before = (folder / 'epoch_3.pth').read_bytes()
    (folder / 'result.json').unlink()
    again = train(compose(tmp_path / 'toy.py', work_dir=str(folder)), resume=True)
    assert again == result['metrics']
    assert json.loads((folder / 'result.json').read_text())['tested_checkpoint'] == 'epoch_3.pth'
    assert (folder / 'epoch_3.pth').read_bytes() == before


def test_an_average_that_is_not_finished_is_said(tmp_path: Path) -> None:
    stop = "dict(type='EarlyStoppingHook', monitor='toy/error', rule='less', patience=1, min_delta=100.0)"
    result, folder = run(
        tmp_path, hooks("dict(type='GaussianAverageHook', mean=2)", stop, val=True, epochs=9)
    )
    (log,) = folder.glob('*/*.log')
    assert (
        f'training was stopped after {result["epochs"]} of 9 epochs: the model holds the weights of the last one, '
        'not the Gaussian average' in log.read_text()
    )


def test_a_test_leaves_the_config_of_the_training(tmp_path: Path) -> None:
    _, folder = run(tmp_path, hooks())
    before = (folder / 'toy.py').read_bytes()
    test(compose(tmp_path / 'toy.py', work_dir=str(folder)), folder / 'epoch_3.pth')
    assert (folder / 'toy.py').read_bytes() == before
    assert (tmp_path / 'again' / 'toy.py').is_file()
