"""JSON that users write means one thing, or is refused with one sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vamp_mm.files import TextFileError, parse_json, read_json, read_text

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_json_writes_is_read_back(value: object) -> None:
    assert parse_json(json.dumps(value), 'x') == value
    assert parse_json('\ufeff' + json.dumps(value, ensure_ascii=False), 'x') == value


@given(st.dictionaries(st.text(), VALUES, min_size=1, max_size=4), st.data())
def test_a_key_twice_is_refused_at_any_depth(value: dict, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    twice = json.dumps(value)[:-1] + f', {json.dumps(key)}: 1}}'
    for text in (twice, f'[1, {twice}]', f'{{"a": [{{"b": {twice}}}]}}'):
        with pytest.raises(
            TextFileError, match='x has the key .* twice in one object; keep one of them'
        ):
            parse_json(text, 'x')


@pytest.mark.parametrize(('text', 'says'), [
    ('{"a": NaN}', 'f.json holds NaN, which is not a number in JSON; write a finite number'),
    ('[-Infinity]', 'f.json holds -Infinity, which is not a number in JSON; write a finite number'),
    ('1e999', 'f.json holds the number 1e999, which is too large; write a finite number'),
    ('9' * 5000, 'f.json holds a whole number of 5,000 digits; at most 300 are read'),
    ('[' * 100_000, f'f.json is nested too deeply: {"[" * 40!r}...'),
    ('{"a": ' * 100_000, 'f.json is nested too deeply: '),
    ('{', 'f.json is not JSON: Expecting property name'),
    ('', 'f.json is not JSON: Expecting value'),
])  # fmt: skip
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(TextFileError) as error:
        parse_json(text, 'f.json')
    assert str(error.value).startswith(says)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / 'f.json'
    file.write_bytes('{"ü": 1}'.encode('latin-1'))
    with pytest.raises(
        TextFileError, match=r'f.json is not UTF-8 text \(.* at byte 2\); save it as UTF-8'
    ):
        read_json(file)
    file.write_bytes(b'\xef\xbb\xbf[1]')
    assert read_json(file) == [1]
    with pytest.raises(TextFileError, match='f.json has 6 bytes; at most 5 are read'):
        read_text(file, max_bytes=5)
    file.write_bytes(b'[1]\0')
    with pytest.raises(TextFileError, match='f.json holds NUL bytes, so it is not text'):
        read_json(file)
    with open(file, 'wb') as sparse:
        sparse.truncate(5 << 30)  # no disk is used
    with pytest.raises(
        TextFileError, match='f.json has 5,368,709,120 bytes; at most 1,073,741,824 are read'
    ):
        read_json(file)
    os.mkfifo(tmp_path / 'fifo')
    for path in (tmp_path / 'fifo', tmp_path, '/dev/zero'):
        with pytest.raises(TextFileError, match='is not a regular file'):
            read_text(path)
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / 'none')
