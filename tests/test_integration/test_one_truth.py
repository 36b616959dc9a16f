"""With hooks that average weights, a training, its checkpoint and the command that tests it give the same numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import micro as world
import pytest
import torch
from micro_processes import run
from micro_runs import Finished

from vamp_mm.apis import compose
from vamp_mm.engine import load_checkpoint

EMA = """\
_base_ = ['{base}']
custom_hooks = {hooks} + [dict(type='EMAHook', ema_type='{kind}', {options})]
"""


def numbers(work_dir: Path) -> dict:
    (path,) = work_dir.rglob('result.json')
    return json.loads(path.read_text(encoding='utf-8'))['metrics']


@pytest.mark.parametrize(
    ('kind', 'options'),
    [
        ('ExponentialMovingAverage', 'momentum=0.3, update_buffers=True'),
        ('StochasticWeightAverage', 'begin_epoch=2'),
    ],
)
def test_averages_of_mmengine(
    micro: world.Micro, finished: Finished, tmp_path: Path, kind: str, options: str
) -> None:
    config = tmp_path / 'ema.py'
    hooks = compose(micro.config).to_dict()['custom_hooks']
    config.write_text(
        EMA.format(base=micro.config.as_posix(), hooks=hooks, kind=kind, options=options),
        encoding='utf-8',
    )
    trained = micro.train(tmp_path / 'run', config=config)
    assert (
        world.command(
            'test.py', config, tmp_path / 'run' / 'epoch_3.pth', '--work-dir', tmp_path / 'test'
        )
        == 0
    )
    assert numbers(tmp_path / 'test') == trained
    assert trained != finished.metrics, 'the average is not what was tested'
    # the same file without the hook: what it holds is the average
    assert (
        world.command(
            'test.py',
            micro.config,
            tmp_path / 'run' / 'epoch_3.pth',
            '--work-dir',
            tmp_path / 'bare',
        )
        == 0
    )
    assert numbers(tmp_path / 'bare') == trained
    # in a copy, where the run was stopped before its last epoch
    copy = Path(shutil.copytree(tmp_path / 'run', tmp_path / 'copy'))
    for name in ('epoch_3.pth', 'result.json'):
        (copy / name).unlink()
    assert micro.train(copy, resume=True, config=config) == trained
    ours, theirs = (load_checkpoint(folder / 'epoch_3.pth') for folder in (copy, tmp_path / 'run'))
    for key in ('state_dict', 'ema_state_dict'):
        for name, value in theirs[key].items():
            torch.testing.assert_close(ours[key][name], value, rtol=0, atol=0, msg=name)


def test_a_plain_run(micro: world.Micro, finished: Finished, tmp_path: Path) -> None:
    assert finished.result['tested_checkpoint'] == finished.file.name
    done = run('tools/test.py', micro.config, finished.file, '--work-dir', tmp_path / 'test')
    assert done.returncode == 0, done.stderr[-3000:]
    assert numbers(tmp_path / 'test') == finished.metrics
