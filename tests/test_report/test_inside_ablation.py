"""Ablation tables from result files; all expected numbers are computed by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vamp_mm.apis import ConfigError
from vamp_mm.report import ablation_table, make_ablation, read_results
from vamp_mm.report.table import Table

VARIANT = 'vamp (model.prompter.prior=standard)'


def _write(
    folder: Path,
    base: float,
    novel: float,
    seed: int,
    overrides: dict[str, Any] | None = None,
    **run: Any,
) -> None:
    labels = (
        dict(
            method='vamp',
            dataset='dtd',
            protocol=None,
            shots=16,
            seed=seed,
            overrides=overrides or {},
        )
        | run
    )
    content = dict(
        config_hash=str(labels),
        run=labels,
        metrics={'base/accuracy': base, 'novel/accuracy': novel},
        finished='2026-01-01T00:00:00+00:00',
    )
    path = folder / str(len(list(folder.glob('*')))) / 'result.json'
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))


def _fill(folder: Path) -> None:
    for seed, base, novel in ((1, 80, 60), (2, 90, 70)):
        _write(folder, base, novel, seed)
    # a seed that the baseline lacks
    for seed, base, novel in ((1, 78, 50), (2, 86, 62), (3, 10, 10)):
        _write(folder, base, novel, seed, {'model.prompter.prior': 'standard'})


def _row(table: Table, *words: str) -> dict[str, Any]:
    [row] = [row for row in table.rows if tuple(row[: len(words)]) == words]
    return dict(zip(table.columns, row))


def test_differences_are_paired_by_seed(tmp_path: Path) -> None:
    _fill(tmp_path)
    table = ablation_table(read_results([tmp_path]), shots=16)
    assert [row[1] for row in table.rows] == ['vamp', VARIANT]  # the baseline is first
    own, other = _row(table, 'DTD', 'vamp'), _row(table, 'DTD', VARIANT)
    assert (own['base'].mean, own['novel'].mean, own['n']) == (85, 65, '2')
    assert own['H'].mean == pytest.approx(2 * 85 * 65 / 150)
    assert own['base'].std == pytest.approx(50**0.5)
    assert own['diff base'] == ''
    assert other['base'].mean == pytest.approx(58)  # all three seeds
    assert other['diff base'].mean == pytest.approx(-3)  # seeds 1 and 2: -2, -4
    assert other['diff base'].std == pytest.approx(2**0.5)
    assert other['diff novel'].mean == pytest.approx(-9)  # -10, -8
    assert other['diff H'].mean == pytest.approx(2 * 82 * 56 / 138 - 2 * 85 * 65 / 150)
    assert (other['n'], other['pairs']) == ('3', '2')


def test_another_baseline_and_an_average_over_datasets(tmp_path: Path) -> None:
    _fill(tmp_path)
    for seed in (1, 2):
        _write(tmp_path, 60, 40, seed, dataset='eurosat')
        _write(tmp_path, 70, 44, seed, {'model.prompter.prior': 'standard'}, dataset='eurosat')
    table = ablation_table(read_results([tmp_path]), VARIANT, 16)
    average = _row(table, 'Average', 'vamp')
    assert average['base'].mean == pytest.approx((85 + 60) / 2)
    assert average['diff base'].mean == pytest.approx(((80 - 78 + 90 - 86) / 2 - 10) / 2)
    assert average['pairs'] == '2'  # seed 3 is on one dataset only
    assert [row[0] for row in table.rows] == ['Average'] * 2 + ['DTD'] * 2 + ['EuroSAT'] * 2
    assert {row[1] for row in table.rows[::2]} == {VARIANT}


def test_the_command_writes_all_formats(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    _fill(tmp_path)
    [table] = make_ablation([tmp_path])
    files = {path.name: path.read_text() for path in (tmp_path / 'ablation').iterdir()}
    assert set(files) == {'ablation.md', 'ablation.tex', 'ablation_16shots.csv'}
    assert '-3.00 ± 1.41' in files['ablation.md']
    assert r'-3.00 $\pm$ 1.41' in files['ablation.tex']
    assert files['ablation_16shots.csv'].splitlines()[0].startswith('dataset,variant,base,base std')
    assert '-3.00 ± 1.41' in capsys.readouterr().out
    assert table.title == 'Ablation, base to novel, 16 shots (accuracy in %)'


def test_it_must_be_clear_what_the_baseline_is(tmp_path: Path) -> None:
    _fill(tmp_path)
    results = read_results([tmp_path])
    with pytest.raises(ConfigError, match=r"--baseline 'vmap' is not a row; did you mean 'vamp'\?"):
        ablation_table(results, 'vmap')
    with pytest.raises(ConfigError, match='no row is without overrides'):
        ablation_table([result for result in results if result.label == VARIANT])
    _write(tmp_path, 50, 50, 1, method='mmrl')
    with pytest.raises(ConfigError, match="several rows are without overrides.*'mmrl', 'vamp'"):
        ablation_table(read_results([tmp_path]))
