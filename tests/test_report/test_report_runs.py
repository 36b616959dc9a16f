"""Which runs a report takes and how it calls them, and the comparison of two methods."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers_report import cells, pair, write

from vamp_mm.apis import ConfigError
from vamp_mm.report import read_results
from vamp_mm.report.compare import compare_table, student_p


def test_overrides_tell_methods_of_one_name_apart(tmp_path: Path) -> None:
    write(tmp_path, pair(80, 60), overrides={'a.b': 1, 'c': 2})
    write(tmp_path, pair(70, 60), overrides={'a.b': 3, 'c': 2})
    assert [result.label for result in read_results([tmp_path])] == ['mmrl (a.b=1)', 'mmrl (a.b=3)']


def test_runs_that_contradict_each_other_are_an_error(tmp_path: Path) -> None:
    old = write(tmp_path, pair(80, 60), dict(config_hash='a'))
    new = write(tmp_path, pair(70, 60), dict(config_hash='b', finished='2026-01-02T00:00:00+00:00'))
    with pytest.raises(ConfigError) as error:
        read_results([tmp_path])
    assert str(error.value) == (
        f"the runs: {old} and {new} are both called 'mmrl' on dtd, 16 shots, seed 1, and their configs differ. Take the newer "
        "one with --newest, remove one, or run one with run=dict(method='NAME') in its config, which names its row"
    )
    notes: list[str] = []
    [result] = read_results([tmp_path], newest=True, notes=notes)
    assert result.metrics['base/accuracy'] == 70
    assert str(old) in notes[0]


def test_tests_of_checkpoints_and_foreign_files_are_named_and_left_out(tmp_path: Path) -> None:
    write(tmp_path, pair(80, 60))
    write(tmp_path, pair(80, 60), dict(checkpoint='epoch_3.pth'))
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x' / 'result.json').write_text('{"metrics": {}}')
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    assert len(notes) == 2
    with pytest.raises(FileNotFoundError, match='no result.json'):
        read_results([tmp_path / 'x'])


def test_p_values_of_printed_tables() -> None:
    # two-sided 5 % points of Student's t
    for freedom, t in (
        (1, 12.7062),
        (2, 4.30265),
        (3, 3.18245),
        (4, 2.77645),
        (9, 2.26216),
        (10, 2.22814),
    ):
        assert student_p(t, freedom) == pytest.approx(0.05, abs=2e-6)
    assert student_p(0, 4) == 1
    assert student_p(float('inf'), 2) == 0


def test_comparison_is_paired_by_seed(tmp_path: Path) -> None:
    for seed, (a, b) in enumerate(((70, 69), (72, 70), (74, 71), (76, None))):
        write(tmp_path, {'all/accuracy': a}, seed=seed)
        if b is not None:
            write(tmp_path, {'all/accuracy': b}, seed=seed, method='maple')
    row = cells(compare_table(read_results([tmp_path]), 'mmrl', 'maple'), 'few-shot', '16')
    assert row['difference'].mean == 2  # 1, 2, 3
    assert row['difference'].std == 1
    assert row['t'].mean == pytest.approx(2 * 3**0.5)
    assert row['p'].mean == pytest.approx(0.0742, abs=5e-5)
    assert row['pairs'] == '3'
    with pytest.raises(ConfigError, match="did you mean 'maple'"):
        compare_table(read_results([tmp_path]), 'mmrl', 'mapel')


def test_comparison_takes_the_targets_of_both(tmp_path: Path) -> None:
    for seed, shift in ((1, 0.0), (2, 0.5), (3, 1.0)):
        shared = {'dtd/all/accuracy': 40.0 + shift, 'eurosat/all/accuracy': 50.0}
        for method, more, gain in (
            ('mmrl', {}, 0.0),
            ('coop', {'food101/all/accuracy': 90.0}, 1.0 + shift),
        ):
            metrics = {**{name: value + gain for name, value in shared.items()}, **more}
            average = sum(metrics.values()) / len(metrics)
            write(
                tmp_path,
                {**metrics, 'average/all/accuracy': average, 'imagenet/all/accuracy': 70.0},
                method=method,
                dataset='imagenet',
                protocol='cross-dataset',
                seed=seed,
            )
    table = compare_table(read_results([tmp_path]), 'coop', 'mmrl')
    (row,) = table.rows
    # not Food101's 15 points
    assert (row[4].mean, row[4].std) == (pytest.approx(1.5), pytest.approx(0.5))
    assert 'the same targets' in table.notes[0]
