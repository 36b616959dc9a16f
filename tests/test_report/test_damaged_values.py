"""One damaged value of one result file, wherever it is, leaves the report of all others."""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import tempfile
from pathlib import Path

import pytest
from helpers_report import curves, without_pdfs, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vamp_mm.report import make_report

_ACCURACIES = {
    f'{split}/{name}': 60.0
    for split in ('base', 'novel')
    for name in ('accuracy', 'zero_shot_accuracy')
}
_MORE = {
    'curves': {'base': curves(random.Random(0), 60.0), 'novel': curves(random.Random(1), 50.0)},
    'compared_with_zero_shot': {
        'images': 'training',
        'count': 10,
        'zero_shot_accuracy': 60.0,
        'accuracy': 50.0,
        'worse': True,
        'likely_causes': ['a'],
    },
}
_VALUES = (
    None,
    '',
    'text',
    '\ud800',
    [],
    [1],
    {},
    {'a': 1},
    True,
    0,
    -1,
    10**400,
    -(10**400),
    2**63,
    1e308,
    math.nan,
    math.inf,
)


def _places(node: object, path: tuple = ()) -> list[tuple]:
    """Paths of all values at any depth; of lists the first and the last."""
    items: dict = {}
    if isinstance(node, dict):
        items = node
    elif isinstance(node, list) and node:
        items = {0: node[0], len(node) - 1: node[-1]}
    return [
        *([path] if path else []),
        *(place for key, value in items.items() for place in _places(value, (*path, key))),
    ]


def _report(folder: str, path: tuple, value: object) -> str:
    write(Path(folder), _ACCURACIES, seed=1)
    damaged = write(
        Path(folder), {**_ACCURACIES, 'base/ece': 0.1}, _MORE, seed=2, overrides={'a.b': 1}
    )
    content = json.loads(damaged.read_text())
    node = content
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    damaged.write_text(json.dumps(content))
    with contextlib.redirect_stdout(io.StringIO()) as out, without_pdfs():
        tables = make_report([folder])
    assert any(table.key.startswith('base_to_novel') for table in tables)
    return out.getvalue()


def _all_places() -> list[tuple]:
    with tempfile.TemporaryDirectory() as folder:
        file = write(
            Path(folder), {**_ACCURACIES, 'base/ece': 0.1}, _MORE, seed=2, overrides={'a.b': 1}
        )
        return _places(json.loads(file.read_text()))


_PLACES = _all_places()


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from(_PLACES), value=st.sampled_from(_VALUES))
def test_no_damaged_value_stops_the_report(path: tuple, value: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _report(folder, path, value)


@pytest.mark.parametrize(('path', 'value', 'said'), [
    (('curves', 'base', 'reliability', 'count', 0), 10**400,
     'count holds an integer of more than 20 digits; allowed are finite numbers from 0'),
    (('curves', 'base', 'risk_coverage', 'risk', 0), 10**400,
     'risk holds an integer of more than 20 digits; allowed are numbers from 0 to 1'),
    (('curves', 'base', 'reliability', 'count', 0), 1e308, 'count holds 1e+308; allowed are finite numbers from 0'),
    (('curves', 'base', 'reliability', 'accuracy', 0), math.nan, 'accuracy holds nan; allowed are numbers from 0 to 1'),
], ids=['count', 'risk', 'large count', 'nan'])  # fmt: skip
def test_a_damaged_curve_is_named_and_left_out(
    tmp_path: Path, path: tuple, value: object, said: str
) -> None:
    [line] = [
        line
        for line in _report(str(tmp_path), path, value).splitlines()
        if f' in {tmp_path}' in line
    ]
    assert line.startswith(f'{path[2]} of {path[1]!r} in {tmp_path}')
    assert line.endswith(said)


def test_a_comparison_with_a_number_that_is_none_is_not_said(tmp_path: Path) -> None:
    assert 'worse than zero-shot CLIP' not in _report(
        str(tmp_path), ('compared_with_zero_shot', 'accuracy'), 10**400
    )
