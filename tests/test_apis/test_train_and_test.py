"""A toy run through train and test: records, refusals, resume."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner
from toy_apis import write_config

import vamp_mm
from vamp_mm.apis import ConfigError, WorkDirError, compose, test, train
from vamp_mm.engine import CheckpointError, load_checkpoint

# The name `test` is an api here, not a test.
test.__test__ = False  # type: ignore[attr-defined]


def test_training_leaves_a_complete_record(toy_config: Path, tmp_path: Path) -> None:
    metrics = train(compose(toy_config, work_dir=str(tmp_path / 'run')))
    result = json.loads((tmp_path / 'run' / 'result.json').read_text())
    assert result['metrics'] == metrics
    # the error of the untrained weight 0 on numbers drawn from [0, 1)
    assert metrics['toy/error'] < 4 / 3
    assert result['epochs'] == 2
    assert result['trainable_parameters'] == 1
    assert result['seed'] == 3
    assert result['processes'] == 1
    for key in (
        'seconds',
        'seconds_per_epoch',
        'train_images_per_second',
        'test_images_per_second',
        'peak_memory_mb',
    ):
        assert result[key] > 0, key
    assert result['versions']['vamp_mm'] == vamp_mm.__version__
    assert result['versions']['torch'] == torch.__version__
    assert {'python', 'numpy', 'mmengine', 'mmpretrain', 'open_clip_torch'} <= result[
        'versions'
    ].keys()
    assert result['hardware']['cores'] >= 1


def test_the_last_epoch_is_what_was_tested(toy_config: Path, tmp_path: Path) -> None:
    trained = train(compose(toy_config, work_dir=str(tmp_path / 'run')))
    again = test(
        compose(toy_config, work_dir=str(tmp_path / 'again')), tmp_path / 'run' / 'epoch_2.pth'
    )
    earlier = test(
        compose(toy_config, work_dir=str(tmp_path / 'earlier')), tmp_path / 'run' / 'epoch_1.pth'
    )
    assert again == trained
    assert earlier['toy/error'] > trained['toy/error']
    written = list((tmp_path / 'again').glob('*/result.json'))
    assert len(written) == 1
    assert json.loads(written[0].read_text())['metrics'] == again


def test_work_dir_in_use_is_refused_and_untouched(toy_config: Path, tmp_path: Path) -> None:
    run = tmp_path / 'run'
    train(compose(toy_config, work_dir=str(run)))
    before = {path: path.read_bytes() for path in run.rglob('*') if path.is_file()}
    with pytest.raises(WorkDirError, match='--resume'):
        train(compose(toy_config, work_dir=str(run)))
    assert {path: path.read_bytes() for path in run.rglob('*') if path.is_file()} == before


def test_foreign_folder_is_refused_and_empty_one_taken(toy_config: Path, tmp_path: Path) -> None:
    mine, empty = tmp_path / 'mine', tmp_path / 'empty'
    mine.mkdir()
    empty.mkdir()
    (mine / 'thesis.tex').write_text('precious')
    with pytest.raises(WorkDirError, match=r'thesis\.tex'):
        train(compose(toy_config, work_dir=str(mine)))
    with pytest.raises(NotADirectoryError):
        train(compose(toy_config, work_dir=str(mine / 'thesis.tex')))
    train(compose(toy_config, work_dir=str(empty)))
    assert (mine / 'thesis.tex').read_text() == 'precious'


def test_start_that_failed_leaves_no_obstacle(toy_config: Path, tmp_path: Path) -> None:
    run = str(tmp_path / 'run')
    with pytest.raises(RuntimeError):  # a negative number of shots fails when the data are built
        train(compose(toy_config, work_dir=run, overrides={'train_dataloader.dataset.shots': -1}))
    train(compose(toy_config, work_dir=run))


def test_resume_goes_on_and_equals_one_run(toy_config: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / 'whole', tmp_path / 'parts'
    train(compose(toy_config, work_dir=str(whole), overrides={'train_cfg.max_epochs': 3}))
    train(compose(toy_config, work_dir=str(parts)))
    train(
        compose(toy_config, work_dir=str(parts), overrides={'train_cfg.max_epochs': 3}), resume=True
    )
    states = [
        load_checkpoint(folder / 'epoch_3.pth')['state_dict']['weight'] for folder in (whole, parts)
    ]
    # SGD without momentum on the whole data: the order within an epoch, which a resumed sampler repeats, is the same.
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=0)


def test_a_longer_run_that_its_schedule_refuses_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    config = write_config(
        tmp_path, "param_scheduler = dict(type='WarmupCosineLR', warmup_epochs=0)\n"
    )
    folder = tmp_path / 'run'
    train(compose(config, work_dir=str(folder)))
    before = sorted(folder.rglob('*'))
    with pytest.raises(
        CheckpointError,
        match='the learning rate of WarmupCosineLR follows from it: set train_cfg.max_epochs=2',
    ):
        train(
            compose(config, work_dir=str(folder), overrides={'train_cfg.max_epochs': 3}),
            resume=True,
        )
    assert sorted(folder.rglob('*')) == before


@pytest.mark.parametrize('key', ['max_epochs', 'max_iters'])
@pytest.mark.parametrize('value', [0, -1, 2.5, True])
def test_a_run_of_no_length_is_refused(
    toy_config: Path, tmp_path: Path, key: str, value: object
) -> None:
    loop = (
        dict(by_epoch=True, max_epochs=value)
        if key == 'max_epochs'
        else dict(type='IterBasedTrainLoop', max_iters=value)
    )
    cfg = compose(toy_config, work_dir=str(tmp_path / 'run'))
    cfg.train_cfg = loop
    with pytest.raises(
        ConfigError, match=f'train_cfg.{key}={value} must be an integer of at least 1'
    ):
        train(cfg)
    assert not (tmp_path / 'run').exists()


def test_resume_of_nothing_starts(toy_config: Path, tmp_path: Path) -> None:
    train(compose(toy_config, work_dir=str(tmp_path / 'run')), resume=True)
    assert (tmp_path / 'run' / 'epoch_2.pth').is_file()


def test_amp_trains_in_bfloat16_and_keeps_float32_weights(toy_config: Path, tmp_path: Path) -> None:
    cfg = compose(toy_config, amp=True, work_dir=str(tmp_path / 'run'))
    if torch.cuda.is_available():
        pytest.skip("on a GPU --amp is MMEngine's own wrapper")
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert set(runner.model.log) == {torch.bfloat16}
    assert runner.model.weight.dtype is torch.float32
    assert 0 < float(runner.model.weight.detach()) < 2


def test_missing_checkpoint_names_those_there_are(toy_config: Path, tmp_path: Path) -> None:
    train(compose(toy_config, work_dir=str(tmp_path / 'run')))
    cfg = compose(toy_config, work_dir=str(tmp_path / 'test'))
    with pytest.raises(FileNotFoundError, match=r'epoch_2\.pth'):
        test(cfg, tmp_path / 'run' / 'epoch_20.pth')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(ConfigError, match='is a folder without a last checkpoint.*train first'):
        test(cfg, tmp_path / 'empty')
    with pytest.raises(FileNotFoundError, match='train first'):
        test(cfg, tmp_path / 'nowhere' / 'epoch_1.pth')


def test_checkpoint_of_another_width_is_refused(toy_config: Path, tmp_path: Path) -> None:
    train(compose(toy_config, work_dir=str(tmp_path / 'run')))
    cfg = compose(toy_config, work_dir=str(tmp_path / 'test'), overrides={'model.width': 2})
    with pytest.raises(CheckpointError, match='weight'):
        test(cfg, tmp_path / 'run' / 'epoch_2.pth')


def test_trained_method_without_checkpoint_is_refused(toy_config: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='trainable'):
        test(compose(toy_config, work_dir=str(tmp_path / 'test')), None)


def test_faulty_config_stops_before_anything_is_written(toy_config: Path, tmp_path: Path) -> None:
    cfg = compose(toy_config, work_dir=str(tmp_path / 'run'))
    cfg.model.strat = 1.0
    for call in (lambda: train(cfg), lambda: test(cfg, None)):
        with pytest.raises(ConfigError, match="did you mean 'start'"):
            call()
    assert not (tmp_path / 'run').exists()


def test_config_that_does_not_train_or_test_is_refused(toy_config: Path, tmp_path: Path) -> None:
    cfg = compose(toy_config, work_dir=str(tmp_path / 'run'))
    cfg.train_cfg = None
    with pytest.raises(ConfigError, match='no train_cfg'):
        train(cfg)
    cfg.test_cfg = None
    with pytest.raises(ConfigError, match='test_dataloader and test_evaluator without test_cfg'):
        test(cfg, None)
