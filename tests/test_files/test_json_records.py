"""JSON that our own commands write and read."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from vamp_mm.files import RecordError, json_bytes, read_record, write_json


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


def test_nan_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / 'result.json'
    write_json(path, {'loss': float('nan'), 'accuracy': 70.5}, indent=None)
    found = read_record(path)
    assert math.isnan(found['loss'])
    assert found['accuracy'] == 70.5
    assert path.read_text().count('\n') == 1


def test_names_that_are_not_utf8_are_escaped() -> None:
    assert json_bytes({'é': 'tea\udce9'}, indent=None, ascii_only=False) == (
        b'{"\xc3\xa9": "tea\\udce9"}\n'
    )


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        (b'', 'it is not JSON'),
        (b'\xff\xfe{}', 'it is not UTF-8 text'),
        (b'[1]', 'it holds a list in place of an object'),
        (b'[' * 100_000, 'it is nested too deeply'),
        (b'{"a": 1, "a": 2}', "it has the key 'a' twice"),
    ],
)
def test_damaged_record(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / 'job.json'
    path.write_bytes(content)
    with pytest.raises(RecordError, match=said):
        read_record(path)


def test_record_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match='it does not exist'):
        read_record(tmp_path / 'job.json')
    with pytest.raises(RecordError, match='it is not a file'):
        read_record(tmp_path)
