"""Small files that a run leaves."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from vamp_mm.apis.data_record import LISTS, _write
from vamp_mm.apis.launch import launched, on_main
from vamp_mm.apis.records import check_work_dir, write_json


def test_json_takes_scalars_of_torch_and_numpy(tmp_path: Path) -> None:
    path = tmp_path / 'deep' / 'result.json'
    write_json(path, {'a': torch.tensor(1.5), 'b': np.float32(2.0), 'c': [1, None, 'x']})
    assert json.loads(path.read_text()) == {'a': 1.5, 'b': 2.0, 'c': [1, None, 'x']}


def test_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / 'result.json'
    write_json(path, {'a': 1})
    with pytest.raises(TypeError, match='cannot be written'):
        write_json(path, {'a': object()})
    assert json.loads(path.read_text()) == {'a': 1}
    assert [item.name for item in tmp_path.iterdir()] == ['result.json']


def test_names_of_files_that_are_no_utf8_are_recorded(tmp_path: Path) -> None:
    lists = {'train': [[os.fsdecode(b'caf\xe9.jpg'), 0, 'cup']]}
    for resumed in (False, True):
        _write(tmp_path, lists, 'from ' + os.fsdecode(b'\xe9t\xe9') + '\n', resumed)
    assert json.loads((tmp_path / LISTS).read_text('utf-8')) == lists


def test_logs_of_failed_starts_do_not_count(tmp_path: Path) -> None:
    (tmp_path / '20250101_120000').mkdir()
    (tmp_path / 'config.py').write_text('')
    check_work_dir(tmp_path)
    (tmp_path / 'epoch_1.pth').write_text('')
    with pytest.raises(FileExistsError):
        check_work_dir(tmp_path)
    check_work_dir(tmp_path, resume=True)


def test_launcher_must_be_known_and_started_by_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('RANK', raising=False)
    with pytest.raises(ValueError, match='allowed'), launched(Config(dict(launcher='torch'))):
        pass
    with pytest.raises(RuntimeError, match='dist_train'), launched(Config(dict(launcher='pytorch'))):
        pass
    with launched(Config(dict(launcher='none'))):
        assert not torch.distributed.is_initialized()


def test_check_in_the_main_process_raises() -> None:
    def fail() -> None:
        raise FileExistsError('there')

    with pytest.raises(FileExistsError, match='there'):
        on_main(fail)
