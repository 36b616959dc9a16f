"""A disk that is full ends a run with one sentence and leaves nothing half-written."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.apis import compose, test, train
from vamp_mm.engine import load_checkpoint
from vamp_mm.files import WriteError, atomic
from vamp_mm.runs.write_errors import explained_writes

# The name `test` is an api here, not a test.
test.__test__ = False  # type: ignore[attr-defined]


def full_for(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let half of a file of this name be written before the disk is full."""
    real = open

    def limited(path: Any, mode: str = 'r', *args: Any, **kwargs: Any) -> Any:
        file = real(path, mode, *args, **kwargs)
        if f'.{name}.' in str(path):
            file.write(b'half')
            file.close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return file

    monkeypatch.setattr(atomic, 'open', limited, raising=False)


@pytest.mark.parametrize('name', ['epoch_2.pth', 'last_checkpoint', 'result.json'])
def test_files_of_a_run(
    toy_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / 'run'
    cfg = compose(toy_config, work_dir=str(folder))
    with monkeypatch.context() as patch:
        full_for(patch, name)
        with pytest.raises(
            WriteError,
            match=rf"run/{name}' could not be written \(No space left on device.*--resume",
        ):
            train(cfg)
    assert not (folder / name).exists()
    assert not list(folder.glob('.*'))
    for path in folder.glob('*.pth'):
        load_checkpoint(path)
    metrics = train(cfg, resume=True)  # there is room again
    assert json.loads((folder / 'result.json').read_text())['metrics'] == metrics


def test_result_of_a_test(
    toy_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(compose(toy_config, work_dir=str(tmp_path / 'run')))
    full_for(monkeypatch, 'result.json')
    with pytest.raises(WriteError, match=r"result\.json' could not be written"):
        test(compose(toy_config, work_dir=str(tmp_path / 'test')), tmp_path / 'run' / 'epoch_2.pth')


class FullLog(Hook):
    """The disk is full from the second epoch on, for one of the files that MMEngine writes."""

    def __init__(self, file: str) -> None:
        self.file = file

    def before_train_epoch(self, runner: Runner) -> None:
        if runner.epoch != 1:
            return
        if self.file == 'log':
            (handler,) = (
                item for item in runner.logger.handlers if isinstance(item, logging.FileHandler)
            )
            handler.stream = open('/dev/full', 'w')  # noqa: SIM115 -- the handler closes it
        else:
            path = next(Path(runner.log_dir).rglob('scalars.json'))
            path.unlink()
            path.symlink_to('/dev/full')


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='only Linux has /dev/full')
@pytest.mark.parametrize('file', ['log', 'scalars.json'])
def test_logs(toy_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture, file: str) -> None:
    cfg = compose(toy_config, work_dir=str(tmp_path / 'run'))
    with pytest.raises(
        WriteError, match=r'could not be written \(No space left on device, [\d,]+ MiB free\)'
    ) as caught:
        train(cfg, hooks=[FullLog(file)])
    assert '\n' not in str(caught.value)
    assert 'Traceback' not in ''.join(capsys.readouterr())


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    for error in (FileNotFoundError(errno.ENOENT, 'No such file', 'x'), OSError('of a library')):
        with pytest.raises(type(error)) as caught, explained_writes(tmp_path):
            raise error
        assert caught.value is error


@pytest.mark.skipif(
    sys.platform == 'win32' or os.geteuid() == 0, reason='root may write everywhere'
)
def test_folder_without_permission(toy_config: Path, tmp_path: Path) -> None:
    (tmp_path / 'run').mkdir(mode=0o500)
    with pytest.raises(WriteError, match='choose a --work-dir that you may write to'):
        train(compose(toy_config, work_dir=str(tmp_path / 'run')))
