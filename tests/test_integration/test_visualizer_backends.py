"""MMEngine's visualizer backends work as they are: switched on in a config or on the command line, and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import micro as world
import pytest
from mmengine.config import Config

from vamp_mm import apis

# Test metrics that a run must have logged; each epoch logs the losses of its steps.
METRICS = ('base/accuracy', 'novel/accuracy', 'H')
SHORT = {'train_cfg.max_epochs': 1}
TENSORBOARD = (
    "visualizer.vis_backends=[dict(type='LocalVisBackend'),dict(type='TensorboardVisBackend')]"
)


def _events(work_dir: Path) -> dict[str, list[tuple[int, float]]]:
    """Tag -> (step, value) of all scalars in the event files of a run."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folders = {file.parent for file in work_dir.rglob('events.out.tfevents.*')}
    found: dict[str, list[tuple[int, float]]] = {}
    for folder in sorted(folders):
        events = EventAccumulator(str(folder), size_guidance={'scalars': 0})
        events.Reload()
        for tag in events.Tags()['scalars']:
            found.setdefault(tag, []).extend(
                (event.step, event.value) for event in events.Scalars(tag)
            )
    return found


def _check(
    events: dict[str, list[tuple[int, float]]], work_dir: Path, metrics: dict[str, Any]
) -> None:
    for name in METRICS:
        [(_, value)] = events[name]
        assert value == pytest.approx(metrics[name], rel=1e-6)  # event files hold float32
    logged = [line for line in world.scalars(work_dir) if 'loss' in line]
    for name in ('loss', 'loss_ce_class', 'loss_kl', 'lr'):
        assert [value for _, value in events[name]] == pytest.approx(
            [line[name] for line in logged], rel=1e-6
        )
        assert [step for step, _ in events[name]] == list(range(1, world.STEPS + 1))


def test_tensorboard_from_the_command_line(micro: world.Micro, tmp_path: Path) -> None:
    pytest.importorskip('tensorboard')
    code = world.command(
        'train.py',
        micro.config,
        '--work-dir',
        tmp_path / 'run',
        '--cfg-options',
        TENSORBOARD,
        'train_cfg.max_epochs=1',
    )
    assert code == 0
    result = json.loads((tmp_path / 'run' / 'result.json').read_text())
    _check(_events(tmp_path / 'run'), tmp_path / 'run', result['metrics'])


def test_tensorboard_from_a_config_file(micro: world.Micro, tmp_path: Path) -> None:
    pytest.importorskip('tensorboard')
    config = tmp_path / 'own.py'
    config.write_text(
        f"_base_ = ['{micro.config.as_posix()}']\n"
        "visualizer = dict(type='Visualizer', vis_backends=[\n"
        "    dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')])\n"
    )
    metrics = micro.train(tmp_path / 'run', SHORT, config=config)
    _check(_events(tmp_path / 'run'), tmp_path / 'run', metrics)


def test_wandb_offline(micro: world.Micro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip('wandb')
    monkeypatch.setenv('WANDB_MODE', 'offline')
    monkeypatch.setenv('WANDB_SILENT', 'true')
    logged: list[dict[str, Any]] = []
    backends = [
        dict(type='LocalVisBackend'),
        dict(type='WandbVisBackend', init_kwargs=dict(project='micro')),
    ]
    cfg = apis.compose(
        micro.config,
        work_dir=str(tmp_path / 'run'),
        overrides={**SHORT, 'visualizer.vis_backends': backends},
    )
    before = wandb.init

    def init(**kwargs: Any) -> Any:
        run = before(**kwargs)
        log = run.log
        run.log = wandb.log = lambda data, *args, **more: (
            logged.append(dict(data)),
            log(data, *args, **more),
        )[1]
        return run

    monkeypatch.setattr(wandb, 'init', init)
    monkeypatch.setattr(wandb, 'log', wandb.log)
    metrics = apis.train(cfg)
    wandb.finish()
    assert list((tmp_path / 'run').rglob('*.wandb'))
    for name in METRICS:
        assert [line[name] for line in logged if name in line] == [pytest.approx(metrics[name])]
    assert len([line for line in logged if 'loss_kl' in line]) == world.STEPS


@pytest.mark.parametrize(
    'kind',
    [
        'LocalVisBackend',
        'TensorboardVisBackend',
        'WandbVisBackend',
        'MLflowVisBackend',
        'ClearMLVisBackend',
        'NeptuneVisBackend',
        'DVCLiveVisBackend',
        'AimVisBackend',
    ],
)
def test_the_config_check_knows_the_backends(micro: world.Micro, kind: str) -> None:
    cfg = Config.fromfile(micro.config)
    cfg.visualizer = dict(type='Visualizer', vis_backends=[dict(type=kind)])
    assert apis.check_config(cfg) == []
    cfg.visualizer.vis_backends = [dict(type=kind, save_dri='logs')]
    [problem] = apis.check_config(cfg)
    assert 'visualizer.vis_backends.0' in problem
    assert 'save_dri' in problem
