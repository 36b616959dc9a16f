"""Names of any kind in text, JSON lines and CSV."""

from __future__ import annotations

import csv
import io
import json
import os
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vamp_mm.prediction import Candidate, Prediction
from vamp_mm.prediction.output import cell, visible, writable, writer

#: File and class names: anything that a file system or a JSON file can hold, lone surrogates included.
ANY = st.text(st.characters(codec=None, exclude_characters='\0'), min_size=1, max_size=20)
SPECIAL = (
    'a\nb',
    '\x1b[31mred\x07',
    'a\rb',
    'a\tb',
    '\x9b2J',
    'left\u202eright',
    'line\u2028end',
    '\u0085',
    '"q", \'r\'',
    '=1+1',
    '+1',
    '-5 °C',
    '@x',
    '\t=1',
    '\r=1',
    '＝1',
    'bild\udce9.png',
    '\ud800',
    '日本',
    'plain',
)
_CONTROL = re.compile('[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]')


def _prediction(path: str, name: str) -> Prediction:
    return Prediction(
        0,
        path,
        0,
        name,
        0.75,
        (Candidate(0, name, 0.75), Candidate(1, 'other', 0.25)),
        0.5,
        0.5,
        0.0,
        0.0,
        False,
        np.array([0.75, 0.25]),
    )


def _written(kind: str, path: str, name: str, encoding: str = 'utf-8') -> bytes:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, errors='surrogateescape', newline='\n')
    writer(kind, out, 2)(_prediction(path, name))
    out.flush()
    return raw.getvalue()


def _check_json(path: str, name: str) -> None:
    for encoding in ('utf-8', 'ascii', 'latin-1', 'shift_jis'):
        text = _written('jsonl', path, name, encoding).decode('utf-8')
        assert len(text.splitlines()) == 1
        assert not _CONTROL.search(text[:-1])
        found = json.loads(text)
        assert (found['path'], found['name'], found['top_k'][0]['name']) == (path, name, name)


def _check_lines(path: str, name: str) -> None:
    for encoding in ('utf-8', 'ascii'):
        text = _written('text', path, name, encoding).decode('utf-8', 'surrogateescape')
        assert len(text.splitlines()) == 1
        assert not _CONTROL.search(text[:-1])
        table = _written('csv', path, name, encoding).decode('utf-8', 'surrogateescape')
        assert len(table.splitlines()) == 2
        assert not _CONTROL.search(table.replace('\n', ''))
        (row,) = csv.DictReader(io.StringIO(table))
        for value in (row['path'], row['name'], row['top1_name']):
            assert not value.startswith(('=', '+', '-', '@'))
        assert float(row['score']) == 0.75


@given(ANY, ANY)
@settings(deadline=None)
def test_json_is_utf8_and_exact(path: str, name: str) -> None:
    _check_json(path, name)


@given(ANY, ANY)
@settings(deadline=None)
def test_text_and_csv_keep_a_line_a_row_and_compute_nothing(path: str, name: str) -> None:
    _check_lines(path, name)


@pytest.mark.parametrize('name', SPECIAL)
def test_special_names(name: str) -> None:
    _check_json(name, name)
    _check_lines(name, name)


def test_what_is_shown() -> None:
    assert visible('a\nb\x1b[31m\x9b\u202e é日') == 'a\\nb\\x1b[31m\\x9b\\u202e é日'
    assert cell('=1+1') == "'=1+1"
    assert cell('-5 °C') == "'-5 °C"
    assert cell('\t=1') == "'\\t=1"
    assert cell('a=1') == 'a=1'
    assert writable('é日\udce9', 'ascii') == '\\xe9\\u65e5\udce9'
    assert writable('é日', 'latin-1') == 'é\\u65e5'
    assert writable('日\ud800', 'utf-8') == '日\\ud800'
    assert writable('日\ud800', None) == '日\ud800'


def test_bytes_of_a_file_name_go_out_as_they_are() -> None:
    path = os.fsdecode(b'bild\xe9.png')
    for encoding in ('utf-8', 'ascii'):
        assert _written('text', path, 'x', encoding).startswith(b'bild\xe9.png: x 0.750')
        assert b'0,bild\xe9.png,0,x,' in _written('csv', path, 'x', encoding)
    assert os.fsencode(json.loads(_written('jsonl', path, 'x'))['path']) == b'bild\xe9.png'
