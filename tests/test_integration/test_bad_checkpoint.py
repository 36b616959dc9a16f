"""Checkpoints of other models, damaged ones and hostile ones: refused, never run, nothing lost."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import micro as world
import pytest
import torch
from micro_runs import Finished, untouched

from vamp_mm.engine import CheckpointError, find_latest_checkpoint


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Finished:
    """A copy of the finished run that may be damaged."""
    work_dir = Path(shutil.copytree(finished.work_dir, tmp_path / 'copied'))
    (work_dir / 'last_checkpoint').write_text(str(work_dir / finished.file.name), encoding='utf-8')
    return Finished.read(work_dir)


class Bomb:
    """Unpickling it writes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return Path.touch, (self.mark,)


def plant(kind: str, mark: Path, file: Path, state: dict) -> None:
    """Write a checkpoint that runs code when it is unpickled."""
    hostile = {**state, 'meta': {**state['meta'], 'note': Bomb(mark)}}
    if kind == 'archive':
        torch.save(hostile, file)
    elif kind == 'legacy':
        torch.save(hostile, file, _use_new_zipfile_serialization=False)
    else:
        file.write_bytes(pickle.dumps(hostile))
    assert not mark.exists()
    if kind == 'pickle':
        pickle.loads(file.read_bytes())
    else:
        torch.load(file, weights_only=False)
    assert mark.exists(), 'the bomb is a dud: the test could not fail'
    mark.unlink()


@pytest.mark.parametrize('kind', ['archive', 'legacy', 'pickle'])
def test_hostile_checkpoint_is_not_tested(
    finished: Finished, micro: world.Micro, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture
) -> None:
    mark = tmp_path / 'executed'
    plant(kind, mark, tmp_path / 'hostile.pth', finished.checkpoint)
    assert (
        world.command(
            'test.py', micro.config, tmp_path / 'hostile.pth', '--work-dir', tmp_path / 'test'
        )
        == 1
    )
    told = capsys.readouterr().err
    assert str(tmp_path / 'hostile.pth') in told
    assert 'Traceback' not in told
    if kind == 'archive':
        assert 'is refused' in told
        assert 'Nothing of it was executed' in told
    assert not mark.exists()
    assert not list((tmp_path / 'test').glob('*/result.json'))


@pytest.mark.parametrize('kind', ['archive', 'legacy'])
def test_hostile_checkpoint_is_not_resumed(
    copied: Finished, micro: world.Micro, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture
) -> None:
    mark = tmp_path / 'executed'
    hostile = copied.work_dir / 'epoch_4.pth'
    plant(kind, mark, hostile, copied.checkpoint)
    (copied.work_dir / 'last_checkpoint').write_text(str(hostile), encoding='utf-8')
    if kind == 'archive':
        with untouched(copied):
            assert (
                world.command('train.py', micro.config, '--work-dir', copied.work_dir, '--resume')
                == 1
            )
        assert 'Nothing of it was executed' in capsys.readouterr().err
    else:  # not of our format, so no checkpoint of this run: the one before is taken, and that run was complete
        assert (
            world.command('train.py', micro.config, '--work-dir', copied.work_dir, '--resume') == 0
        )
        assert not (copied.work_dir / 'epoch_5.pth').exists()
    assert not mark.exists()


@pytest.mark.parametrize('share', [0.0, 0.5, 0.99])
def test_truncated_checkpoint(
    copied: Finished, micro: world.Micro, tmp_path: Path, share: float
) -> None:
    content = copied.file.read_bytes()
    copied.file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match='truncated') as caught:
        micro.test(copied.file, tmp_path / 'test')
    assert str(copied.file) in str(caught.value)
    assert find_latest_checkpoint(copied.work_dir) == str(copied.work_dir / 'epoch_2.pth')


def test_run_with_truncated_checkpoint_resumes_from_the_one_before(
    copied: Finished, micro: world.Micro
) -> None:
    copied.file.write_bytes(copied.file.read_bytes()[:1000])
    assert micro.train(copied.work_dir, resume=True) == copied.metrics
    state = torch.load(copied.file, weights_only=True)['state_dict']
    for key, value in copied.checkpoint['state_dict'].items():
        assert torch.equal(state[key], value), key


OTHERS = {
    'width': ({'model.prompter.host.space_width': 16}, 'host.tokens'),
    'tokens': ({'model.prompter.host.num_tokens': 3}, 'posterior'),
    'standard prior': ({'model.prompter.prior': 'standard'}, 'prior_network'),
    'deterministic': ({'model.prompter.tokens': 'deterministic'}, 'log_var'),
}


@pytest.mark.parametrize('other', OTHERS)
def test_checkpoint_of_another_width_or_method(
    finished: Finished, micro: world.Micro, tmp_path: Path, other: str
) -> None:
    overrides, name = OTHERS[other]
    with pytest.raises(CheckpointError, match='another method or width') as caught:
        micro.test(finished.file, tmp_path / 'test', overrides)
    assert name in str(caught.value)


def test_checkpoint_of_another_host(finished: Finished, micro: world.Micro, tmp_path: Path) -> None:
    micro.train(tmp_path / 'maple', {'train_cfg.max_epochs': 1}, config=micro.maple)
    with pytest.raises(CheckpointError, match='missing: .*head.readout.projection'):
        micro.test(tmp_path / 'maple' / 'epoch_1.pth', tmp_path / 'test')
    with (
        untouched(finished),
        pytest.raises(CheckpointError, match='of a run with other settings.*model.head.readout'),
    ):
        micro.train(finished.work_dir, resume=True, config=micro.maple)


def test_other_number_of_training_classes(
    finished: Finished, micro: world.Micro, tmp_path: Path
) -> None:
    """Its prototypes are for training only: such a checkpoint is tested, but not trained on."""
    six = {'train_dataloader.dataset.class_split': 'all', 'train_cfg.max_epochs': 1}
    metrics = micro.train(tmp_path / 'six', six)
    file = tmp_path / 'six' / 'epoch_1.pth'
    assert torch.load(file, weights_only=True)['state_dict']['prompter.prototypes'].shape[0] == 6
    assert micro.test(file, tmp_path / 'test') == metrics
    with untouched(finished), pytest.raises(CheckpointError, match="class_split: 'base' -> 'all'"):
        micro.train(finished.work_dir, {'train_dataloader.dataset.class_split': 'all'}, resume=True)
