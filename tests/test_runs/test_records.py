"""Small files that a run leaves."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from vamp_mm.apis import ConfigError, WorkDirError
from vamp_mm.engine import CheckpointError
from vamp_mm.engine.launch import _portable, launched, on_main, settle_launcher
from vamp_mm.files import WriteError
from vamp_mm.runs import data_record
from vamp_mm.runs.data_record import LISTS, _write
from vamp_mm.runs.lock import TRAINING_LOCK, BusyError
from vamp_mm.runs.work_dir import DATA_RECORD, check_work_dir


def test_names_of_files_that_are_no_utf8_are_recorded(tmp_path: Path) -> None:
    lists = {'train': [[os.fsdecode(b'caf\xe9.jpg'), 0, 'cup']]}
    for resumed in (False, True):
        _write(tmp_path, lists, 'from ' + os.fsdecode(b'\xe9t\xe9') + '\n', resumed)
    assert json.loads((tmp_path / LISTS).read_text('utf-8')) == lists


def test_lists_of_other_data_do_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many images to be listed, after a start that failed with fewer."""
    lists = {'train': [['a.jpg', 0, 'cup'], ['b.jpg', 1, 'pot']]}
    _write(tmp_path, lists, 'note\n', resumed=False)
    monkeypatch.setattr(data_record, '_LISTED', 1)
    _write(tmp_path, lists, 'note\n', resumed=False)
    assert [path.name for path in tmp_path.iterdir()] == ['data_note.txt']


def test_logs_of_failed_starts_do_not_count(tmp_path: Path) -> None:
    (tmp_path / '20250101_120000').mkdir()
    (tmp_path / 'config.py').write_text('')
    check_work_dir(tmp_path)
    (tmp_path / 'epoch_1.pth').write_text('')
    with pytest.raises(FileExistsError):
        check_work_dir(tmp_path)
    check_work_dir(tmp_path, resume=True)


@pytest.mark.parametrize(
    'name',
    [
        '.DS_Store',
        '._.DS_Store',
        'Thumbs.db',
        'thumbs.db',
        'desktop.ini',
        'Desktop.ini',
        '.directory',
        '.nfs000000012ab',
    ],
)
def test_what_file_managers_leave_does_not_count(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('')
    check_work_dir(tmp_path)
    (tmp_path / f'{name}.pth').write_text('')
    if not name.startswith(('._', '.nfs')):
        with pytest.raises(WorkDirError, match=r'it holds .*\.pth'):
            check_work_dir(tmp_path)


def test_leftovers_of_a_killed_start_do_not_count(tmp_path: Path) -> None:
    """Killed while its first files were written; the next start, with --resume or without, uses the folder."""
    leftovers = (
        '.epoch_1.pth.123-0a1b2c3d.tmp',
        '.data_split.json.9-ffffffff.tmp',
        '.result.json.77-01234567.tmp',
    )
    for name in (*leftovers, *DATA_RECORD, TRAINING_LOCK):
        (tmp_path / name).write_text('{')
    check_work_dir(tmp_path)
    (tmp_path / '.epoch_1.pth.tmp').touch()  # no name of ours
    with pytest.raises(WorkDirError, match=r'it holds \.epoch_1\.pth\.tmp\)'):
        check_work_dir(tmp_path)


def test_launcher_must_be_known_and_started_by_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('RANK', raising=False)
    with pytest.raises(ValueError, match='allowed'), launched(Config(dict(launcher='torch'))):
        pass
    with (
        pytest.raises(RuntimeError, match='dist_train'),
        launched(Config(dict(launcher='pytorch'))),
    ):
        pass
    with launched(Config(dict(launcher='none'))):
        assert not torch.distributed.is_initialized()


TORCHRUN = dict(
    WORLD_SIZE='2', RANK='1', LOCAL_RANK='1', MASTER_ADDR='127.0.0.1', MASTER_PORT='29500'
)


@pytest.mark.parametrize(('changes', 'launcher', 'expected'), [
    ({}, 'none', 'pytorch'), ({}, None, 'pytorch'), ({}, 'slurm', 'slurm'),
    ({'WORLD_SIZE': '1'}, 'none', 'none'), ({'WORLD_SIZE': 'two'}, 'none', 'none'),
    ({'RANK': None}, 'none', 'none'), ({'MASTER_ADDR': None}, 'none', 'none'), ({'WORLD_SIZE': None}, None, None),
])  # fmt: skip
def test_processes_of_torchrun_are_one_run(
    monkeypatch: pytest.MonkeyPatch, changes: dict, launcher: str | None, expected: str | None
) -> None:
    for name, value in {**TORCHRUN, **changes}.items():
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(
            name, value
        )
    cfg = Config({} if launcher is None else dict(launcher=launcher))
    settle_launcher(cfg)
    assert cfg.get('launcher') == expected


@pytest.mark.parametrize(
    'error',
    [
        ConfigError(['a', 'b c'], 'x.py'),
        WorkDirError('w'),
        BusyError('b'),
        WriteError.of('f', OSError(28, 'No space')),
        CheckpointError('c'),
        FileNotFoundError('f'),
        KeyError('k'),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_reach_other_processes_whole(error: Exception) -> None:
    sent = pickle.loads(pickle.dumps(_portable(error)))
    assert type(sent) is type(error)
    assert str(sent) == str(error)


def test_an_error_that_cannot_be_sent_is_described() -> None:
    class Local(Exception):
        pass

    assert str(_portable(Local('reason'))) == 'Local: reason'


def test_check_in_the_main_process_raises() -> None:
    def fail() -> None:
        raise FileExistsError('there')

    with pytest.raises(FileExistsError, match='there'):
        on_main(fail)
