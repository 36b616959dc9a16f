"""Tables from result files; all expected numbers are computed by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from vamp_mm.apis import ConfigError
from vamp_mm.apis.report import make_report, read_results
from vamp_mm.apis.report.compare import compare_table, student_p
from vamp_mm.apis.report.make import tables_of
from vamp_mm.apis.report.published import published
from vamp_mm.apis.report.table import Stat, Table
from vamp_mm.apis.report.write import to_csv, to_latex, to_markdown
from vamp_mm.evaluation.harmonic import harmonic_mean


def _write(folder: Path, metrics: dict[str, float], **run: Any) -> Path:
    labels = dict(method='mmrl', dataset='dtd', protocol=None, shots=16, seed=1, overrides={})
    extra = {key: run.pop(key) for key in ('config_hash', 'finished', 'checkpoint', 'resumed_at_epoch', 'seconds') if key in run}
    labels |= run
    content = dict(
        config_hash=str(sorted(labels.items(), key=str)), run=labels, metrics=metrics, seconds=10.0, seconds_per_epoch=2.0,
        trainable_parameters=7, peak_memory_mb=100.0, peak_memory_of='process', hardware={'device': 'cpu'},
        finished='2026-01-01T00:00:00+00:00') | extra
    path = folder / str(len(list(folder.glob('*')))) / 'result.json'
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))
    return path


def _pair(base: float, novel: float) -> dict[str, float]:
    return {'base/accuracy': base, 'novel/accuracy': novel, 'H': harmonic_mean(base, novel)}


def _table(folder: Path, key: str) -> Table:
    return {table.key: table for table in tables_of(read_results([folder]))}[key]


def _cells(table: Table, *words: str) -> dict[str, Any]:
    [row] = [row for row in table.rows if tuple(row[:len(words)]) == words]
    return dict(zip(table.columns, row))


def test_base_to_novel_averages_over_seeds_first_and_takes_h_of_averages(tmp_path: Path) -> None:
    for seed, dtd, pets in ((1, (80, 60), (90, 30)), (2, (90, 50), (100, 50)), (3, (85, 55), (95, 40))):
        _write(tmp_path, _pair(*dtd), seed=seed)
        _write(tmp_path, _pair(*pets), seed=seed, dataset='oxford_pets')
    table = _table(tmp_path, 'base_to_novel_16shots')
    dtd = _cells(table, 'DTD', 'mmrl')
    assert dtd['base'] == Stat(85.0, 5.0)  # sample deviation of 80, 90, 85
    assert dtd['novel'] == Stat(55.0, 5.0)
    assert dtd['H'].mean == pytest.approx(2 * 85 * 55 / 140, rel=1e-12)
    # H per seed: 68.571.., 64.285.., 66.785..; deviations from their mean squared, divided by two
    assert dtd['H'].std == pytest.approx(2.152755, abs=1e-6)
    average = _cells(table, 'Average', 'mmrl')
    # per dataset 85 / 55 and 95 / 40; per seed 85 / 45, 95 / 50 and 90 / 47.5
    assert average['base'] == Stat(90.0, 5.0)
    assert average['novel'] == Stat(47.5, 2.5)
    assert average['H'].mean == pytest.approx(2 * 90 * 47.5 / 137.5, rel=1e-12)
    assert average['n'] == '3'
    # the paper prints 85.67 / 65.00 / 73.82 for MMRL on DTD
    assert (dtd['paper base'].mean, dtd['paper novel'].mean, dtd['paper H'].mean) == (85.67, 65.0, 73.82)
    assert dtd['diff base'].mean == pytest.approx(-0.67)
    assert dtd['diff base'].text() == '-0.67'
    # of two datasets the paper prints no average: (85.67 + 95.90) / 2
    assert average['paper base'].mean == pytest.approx(90.785)


def test_average_of_all_eleven_is_the_printed_one(tmp_path: Path) -> None:
    for name in published()['base-to-novel']['vamp']:
        if name != 'average':
            _write(tmp_path, _pair(80, 60), method='vamp', dataset=name)
    average = _cells(_table(tmp_path, 'base_to_novel_16shots'), 'Average', 'vamp')
    assert [average[f'paper {word}'].mean for word in ('base', 'novel', 'H')] == [86.45, 78.67, 82.37]


def test_no_paper_numbers_for_other_shots_and_methods(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60), shots=4)
    _write(tmp_path, _pair(80, 60), method='mine')
    for key in ('base_to_novel_4shots', 'base_to_novel_16shots'):
        assert all('paper' not in column for column in _table(tmp_path, key).shown()[0])


def test_method_without_a_dataset_has_no_average(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60))
    _write(tmp_path, _pair(80, 60), dataset='eurosat')
    _write(tmp_path, _pair(70, 60), method='maple')
    _write(tmp_path, _pair(50, 40), method='clip', shots=None, seed=None)
    table = _table(tmp_path, 'base_to_novel_16shots')
    assert [row[:2] for row in table.rows] == [
        ['Average', 'mmrl'], ['DTD', 'clip'], ['DTD', 'maple'], ['DTD', 'mmrl'], ['EuroSAT', 'mmrl']]
    assert table.breaks == {1, 4}
    assert _cells(table, 'DTD', 'clip')['base'] == Stat(50.0)


def test_few_shot_has_a_column_per_number_of_shots(tmp_path: Path) -> None:
    for shots, accuracies in ((1, (60, 62)), (16, (70, 74))):
        for seed, accuracy in enumerate(accuracies):
            _write(tmp_path, {'all/accuracy': accuracy}, shots=shots, seed=seed)
            _write(tmp_path, {'all/accuracy': accuracy + 10}, shots=shots, seed=seed, dataset='eurosat')
    table = _table(tmp_path, 'few_shot')
    assert table.columns == ['dataset', 'method', '1 shot', '16 shots', 'n']
    row = _cells(table, 'Average', 'mmrl')
    assert row['1 shot'] == Stat(66.0, pytest.approx(2**0.5))  # per seed 65 and 67
    assert _cells(table, 'DTD', 'mmrl')['16 shots'] == Stat(72.0, pytest.approx(8**0.5))


def test_cross_dataset_leaves_the_source_out_of_the_average(tmp_path: Path) -> None:
    for seed, (dtd, pets) in enumerate(((40, 90), (44, 92))):
        metrics = {'imagenet/all/accuracy': 70, 'dtd/all/accuracy': dtd, 'oxford_pets/all/accuracy': pets,
                   'average/all/accuracy': (dtd + pets) / 2}
        _write(tmp_path, metrics, dataset='imagenet', protocol='cross-dataset', seed=seed)
    table = _table(tmp_path, 'cross_dataset_imagenet_16shots')
    assert table.columns == ['method', 'ImageNet', 'OxfordPets', 'DTD', 'Average', 'n']
    ours, paper, difference = (dict(zip(table.columns, row)) for row in table.rows)
    assert ours['Average'] == Stat(66.5, pytest.approx(4.5**0.5))  # 65 and 68
    assert paper['DTD'].mean == 45.9
    assert paper['Average'].mean == pytest.approx((91.43 + 45.9) / 2)
    assert difference['ImageNet'].mean == pytest.approx(70 - 72.03)


def test_domain_generalization_average_of_the_paper_is_that_of_its_rows(tmp_path: Path) -> None:
    names = ('imagenet', 'imagenetv2', 'imagenet_sketch', 'imagenet_a', 'imagenet_r')
    _write(tmp_path, {f'{name}/all/accuracy': 60 for name in names}, method='vamp', dataset='imagenet',
           protocol='domain-generalization')
    table = _table(tmp_path, 'domain_generalization_imagenet_16shots')
    # (64.96 + 49.69 + 51.97 + 78.01) / 4
    assert table.rows[1][table.columns.index('Average')].mean == pytest.approx(61.1575)


def test_open_and_other_metrics_have_tables_of_their_own(tmp_path: Path) -> None:
    _write(tmp_path, {'open/accuracy': 50, 'open/base_accuracy': 60, 'open/novel_accuracy': 40, 'open/H': 48})
    _write(tmp_path, {'toy/error': 0.25}, seed=1)
    _write(tmp_path, {'toy/error': 0.75}, seed=2)
    assert _cells(_table(tmp_path, 'open'), 'DTD', 'mmrl')['H'] == Stat(48.0)
    assert _cells(_table(tmp_path, 'other'), 'mmrl', 'DTD')['toy/error'] == Stat(0.5, pytest.approx(0.125**0.5), 4)


def test_cost_leaves_the_time_of_interrupted_runs_out(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60), seed=1)
    _write(tmp_path, _pair(80, 60), seed=2, seconds=1.0, resumed_at_epoch=4)
    row = _cells(_table(tmp_path, 'cost'), 'mmrl', 'DTD')
    assert (row['train and test s'].mean, row['s/epoch'].mean, row['trainable parameters'].text()) == (10.0, 2.0, '7')


def test_overrides_tell_methods_of_one_name_apart(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60), overrides={'a.b': 1, 'c': 2})
    _write(tmp_path, _pair(70, 60), overrides={'a.b': 3, 'c': 2})
    assert [result.label for result in read_results([tmp_path])] == ['mmrl (a.b=1)', 'mmrl (a.b=3)']


def test_runs_that_contradict_each_other_are_an_error(tmp_path: Path) -> None:
    old = _write(tmp_path, _pair(80, 60), config_hash='a')
    _write(tmp_path, _pair(70, 60), config_hash='b', finished='2026-01-02T00:00:00+00:00')
    with pytest.raises(ConfigError, match='--newest'):
        read_results([tmp_path])
    notes: list[str] = []
    [result] = read_results([tmp_path], newest=True, notes=notes)
    assert result.metrics['base/accuracy'] == 70
    assert str(old) in notes[0]


def test_tests_of_checkpoints_and_foreign_files_are_named_and_left_out(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60))
    _write(tmp_path, _pair(80, 60), checkpoint='epoch_3.pth')
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x' / 'result.json').write_text('{"metrics": {}}')
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    assert len(notes) == 2
    with pytest.raises(FileNotFoundError, match='no result.json'):
        read_results([tmp_path / 'x'])


def test_p_values_of_printed_tables() -> None:
    # two-sided 5 % points of Student's t
    for freedom, t in ((1, 12.7062), (2, 4.30265), (3, 3.18245), (4, 2.77645), (9, 2.26216), (10, 2.22814)):
        assert student_p(t, freedom) == pytest.approx(0.05, abs=2e-6)
    assert student_p(0, 4) == 1
    assert student_p(float('inf'), 2) == 0


def test_comparison_is_paired_by_seed(tmp_path: Path) -> None:
    for seed, (a, b) in enumerate(((70, 69), (72, 70), (74, 71), (76, None))):
        _write(tmp_path, {'all/accuracy': a}, seed=seed)
        if b is not None:
            _write(tmp_path, {'all/accuracy': b}, seed=seed, method='maple')
    row = _cells(compare_table(read_results([tmp_path]), 'mmrl', 'maple'), 'few-shot', '16')
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
        for method, more, gain in (('mmrl', {}, 0.0), ('coop', {'food101/all/accuracy': 90.0}, 1.0 + shift)):
            metrics = {**{name: value + gain for name, value in shared.items()}, **more}
            average = sum(metrics.values()) / len(metrics)
            _write(tmp_path, {**metrics, 'average/all/accuracy': average, 'imagenet/all/accuracy': 70.0}, method=method,
                   dataset='imagenet', protocol='cross-dataset', seed=seed)
    table = compare_table(read_results([tmp_path]), 'coop', 'mmrl')
    (row, ) = table.rows
    assert (row[4].mean, row[4].std) == (pytest.approx(1.5), pytest.approx(0.5))  # not Food101's 15 points
    assert 'other targets' in table.notes[0]


@pytest.mark.parametrize(('change', 'said'), [
    (dict(metrics={'base/accuracy': float('nan'), 'novel/accuracy': 50.0}), 'base/accuracy is nan'),
    (dict(metrics={'base/accuracy': '70', 'novel/accuracy': 50.0}), "base/accuracy is '70'"),
    (dict(run={'dataset': 'dtd'}), 'no method'),
    (dict(metrics=None), 'no result'),
])
def test_damaged_result_is_named_and_left_out(tmp_path: Path, change: dict, said: str) -> None:
    _write(tmp_path, _pair(60.0, 50.0), seed=1)
    damaged = _write(tmp_path, _pair(61.0, 51.0), seed=2)
    damaged.write_text(json.dumps({**json.loads(damaged.read_text()), **change}))
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    assert str(damaged) in notes[0]
    assert said in notes[0]


def test_names_are_no_markup() -> None:
    table = Table('t', 'T', ['method', 'base'], labels=1)
    table.rows.append(['<b>a</b> |\nb', '1'])
    assert to_markdown(table).splitlines()[4] == '| &lt;b&gt;a&lt;/b&gt; \\| b | 1 |'


def test_formats() -> None:
    table = Table('t', 'A_b (%)', ['name', 'x', 'empty'], rows=[['a|b', Stat(1.234, 0.5), ''], ['c_d', Stat(2), '']],
                  breaks={1}, notes=['5 % ± 1.'])
    assert '| a\\|b | 1.23 ± 0.50 |\n| c_d | 2.00 |' in to_markdown(table)
    assert list(csv.reader(to_csv(table).splitlines())) == [['name', 'x', 'x std'], ['a|b', '1.234', '0.5'], ['c_d', '2', '']]
    latex = to_latex(table)
    assert r'\caption{A\_b (\%). 5 \% $\pm$ 1.}' in latex
    assert 'a|b & 1.23 $\\pm$ 0.50 \\\\\n\\midrule\nc\\_d & 2.00 \\\\' in latex


def test_report_writes_its_files(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    _write(tmp_path, _pair(80, 60))
    make_report([tmp_path])
    assert 'paper' in capsys.readouterr().out
    assert {path.name for path in (tmp_path / 'report').iterdir()} == {
        'report.html', 'tables.md', 'tables.tex', 'base_to_novel_16shots.csv', 'cost.csv'}
    assert 'printed in the VaMP paper' in (tmp_path / 'report' / 'tables.tex').read_text()
