"""The tables on trust in predictions, from result files made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vamp_mm.report import make_report, read_results
from vamp_mm.report.table import Stat, Table
from vamp_mm.report.uncertainty import uncertainty_tables


def _write(folder: Path, method: str, seed: int | None, **metrics: float) -> None:
    run = dict(
        method=method,
        dataset='dtd',
        protocol='base-to-novel',
        shots=None if seed is None else 16,
        seed=seed,
        overrides={},
    )
    named = {name.replace('__', '/'): value for name, value in metrics.items()}
    path = folder / f'{method}{seed}' / 'result.json'
    path.parent.mkdir(parents=True)
    accuracies = {'base/accuracy': 80.0, 'novel/accuracy': 60.0}
    path.write_text(
        json.dumps(dict(config_hash=f'{method}{seed}', run=run, metrics={**accuracies, **named}))
    )


def _rows(table: Table, method: str) -> dict[str, dict[str, Any]]:
    return {row[4]: dict(zip(table.columns, row)) for row in table.rows if row[1] == method}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two seeds of a method that samples, the second without outside images; and one that does not sample."""
    outside = dict(
        unseen__auroc_confidence=0.7,
        unseen__auroc_predictive_entropy=0.8,
        unseen__auroc_expected_entropy=0.75,
        unseen__auroc_mutual_information=0.6,
        unseen__auroc_pred_std=0.5,
    )
    trust = dict(
        novel__ece=0.1,
        novel__ece_debiased=0.05,
        novel__pred_std=0.01,
        base__ece=0.2,
        base__accuracy_at_80=90,
    )
    _write(tmp_path, 'vamp', 1, **trust, **outside)
    _write(tmp_path, 'vamp', 2, **{**trust, 'novel__ece': 0.3})
    _write(
        tmp_path,
        'clip',
        None,
        novel__ece=0.4,
        novel__pred_std=0,
        **{**outside, 'unseen__auroc_mutual_information': 0.5},
    )
    return tmp_path


def test_a_row_per_split_with_means_over_seeds(folder: Path) -> None:
    trust, outside = uncertainty_tables(read_results([folder]))
    vamp = _rows(trust, 'vamp')
    assert set(vamp) == {'base', 'novel'}
    assert vamp['novel']['ECE'] == Stat(0.2, pytest.approx(0.02**0.5), 4)
    assert vamp['novel']['debiased ECE'] == Stat(0.05, 0, 4)
    assert vamp['base']['acc@80'].mean == 90
    assert (vamp['base']['NLL'], vamp['base']['n'], vamp['base']['shots']) == ('', '2', '16')
    row = _rows(outside, 'vamp')['unseen']
    assert row['expected entropy'] == Stat(0.75, None, 3)
    assert (row['confidence'], row['mutual information'], row['n']) == (
        Stat(0.7, None, 3),
        Stat(0.6, None, 3),
        '1',
    )


def test_scores_of_samples_are_left_out_where_none_are_drawn(folder: Path) -> None:
    row = _rows(uncertainty_tables(read_results([folder]))[1], 'clip')['unseen']
    assert row['entropy'].mean == 0.8
    assert [row[name] for name in ('expected entropy', 'mutual information', 'sample spread')] == [
        '',
        '',
        '',
    ]


def test_written_with_the_other_tables(folder: Path) -> None:
    make_report([folder])
    assert {'uncertainty.csv', 'outside.csv'} <= {
        path.name for path in (folder / 'report').iterdir()
    }
    assert 'Images of unknown classes (AUROC)' in (folder / 'report' / 'tables.md').read_text()


def test_results_without_these_metrics_have_no_such_table(tmp_path: Path) -> None:
    _write(tmp_path, 'mmrl', 1)
    assert uncertainty_tables(read_results([tmp_path])) == []
