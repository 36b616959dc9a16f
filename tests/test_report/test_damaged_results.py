"""Damaged result files are named and left out of a report."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
from pathlib import Path

import pytest
from helpers_report import pair, without_pdfs, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vamp_mm.report import make_report, read_results


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (
            dict(metrics={'base/accuracy': float('nan'), 'novel/accuracy': 50.0}),
            'base/accuracy is nan',
        ),
        (dict(metrics={'base/accuracy': '70', 'novel/accuracy': 50.0}), "base/accuracy is '70'"),
        (dict(run={'dataset': 'dtd'}), 'no method'),
        (dict(metrics=None), 'not the result of a run'),
        (dict(metrics=[1, 2]), 'no metrics'),
        (dict(metrics={'base/accuracy': True, 'novel/accuracy': 50.0}), 'base/accuracy is True'),
        (
            dict(metrics={'base/accuracy': [70], 'novel/accuracy': 50.0}),
            'base/accuracy is a list of 1',
        ),
        (
            dict(metrics={'base/accuracy': 10**400, 'novel/accuracy': 50.0}),
            'is an integer of more than 20 digits',
        ),
        (
            dict(metrics={'base/accuracy': 170.0, 'novel/accuracy': -3}),
            'base/accuracy is 170.0, not a finite number from 0 to 100',
        ),
        (dict(run={'method': ['mmrl'], 'dataset': ' '}), 'its run names no method and no dataset'),
        (
            dict(run={'method': 'a', 'dataset': 'dtd', 'shots': 'many'}),
            "its run has shots='many', which must be an integer",
        ),
        (dict(run={'method': 'a', 'dataset': 'dtd', 'seed': True}), 'its run has seed=True'),
        (
            dict(run={'method': 'a', 'dataset': 'dtd', 'overrides': [1]}),
            'its run has overrides=a list of 1',
        ),
    ],
)
def test_damaged_result_is_named_and_left_out(tmp_path: Path, change: dict, said: str) -> None:
    write(tmp_path, pair(60.0, 50.0), seed=1)
    damaged = write(tmp_path, pair(61.0, 51.0), seed=2)
    damaged.write_text(json.dumps({**json.loads(damaged.read_text()), **change}))
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    assert str(damaged) in notes[0]
    assert said in notes[0]


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        (b'', 'it is not JSON'),
        (b'{"metrics": {"base/accuracy": 7', 'it is not JSON'),
        (b'\xff\xfe{}', 'it is not UTF-8 text'),
        (b'[1]', 'it holds a list in place of an object'),
        (b'[' * 100_000, 'it is nested too deeply'),
        (b'{"a":' * 100_000, 'it is nested too deeply'),
        (b'{"metrics": {"x": ' + b'9' * 5000 + b'}}', 'it is not JSON'),
        (b'{"run": {}, "metrics": {}, "run": {}}', "it has the key 'run' twice"),
        (
            b'{"run": {}, "metrics": {"base/accuracy": 1, "base/accuracy": 2}}',
            "it has the key 'base/accuracy' twice",
        ),
    ],
)
def test_damaged_file_is_named_and_left_out(tmp_path: Path, text: bytes, said: str) -> None:
    write(tmp_path, pair(60.0, 50.0), seed=1)
    damaged = write(tmp_path, pair(61.0, 51.0), seed=2)
    damaged.write_bytes(text)
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    [note] = notes
    assert note.startswith(f'{damaged} is left out: {said}')
    make_report([tmp_path])
    assert said.split("'")[0] in (tmp_path / 'report' / 'report.html').read_text('utf-8')


def test_a_folder_and_a_huge_file_of_that_name_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, pair(60.0, 50.0))
    (tmp_path / 'a' / 'result.json').mkdir(parents=True)
    (tmp_path / 'b').mkdir()
    with open(tmp_path / 'b' / 'result.json', 'wb') as file:
        file.truncate(2**40)  # takes no room on the disk
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    assert [note.split(': ', 1)[1] for note in notes] == [
        'it is not a file',
        'it has 1,099,511,627,776 bytes, and at most 67,108,864 are read',
    ]


_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    key=st.sampled_from(
        [
            'seconds',
            'peak_memory_mb',
            'trainable_parameters',
            'hardware',
            'versions',
            'curves',
            'finished',
            'config_hash',
            'peak_memory_of',
            'resumed_at_epoch',
            'compared_with_zero_shot',
            'checkpoint',
            'metrics',
            'run',
            'metrics.base/ece',
            'metrics.base/zero_shot_accuracy',
            'run.protocol',
            'run.method',
            'run.shots',
            'run.overrides',
            'versions.torch',
            'curves.base',
        ]
    ),
    value=_JUNK,
)
def test_no_value_anywhere_stops_the_report(tmp_path: Path, key: str, value: object) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        write(Path(folder), pair(60.0, 50.0), seed=1)
        damaged = write(Path(folder), pair(61.0, 51.0), seed=2)
        content = json.loads(damaged.read_text())
        *outer, last = key.split('.')
        node = content.setdefault(outer[0], {}) if outer else content
        node[last] = value
        damaged.write_text(json.dumps(content))
        with contextlib.redirect_stdout(io.StringIO()), without_pdfs():
            tables = make_report([folder])
        assert any(table.key.startswith('base_to_novel') for table in tables)
        page = (Path(folder) / 'report' / 'report.html').read_text('utf-8')
        assert not re.search('[\x00-\x08\x0b-\x1f\x7f]', page)
