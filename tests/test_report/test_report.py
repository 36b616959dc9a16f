"""The tables of each protocol from result files; all expected numbers are computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers_report import cells, pair, table_of, write

from vamp_mm.report import make_report
from vamp_mm.report.published import published
from vamp_mm.report.table import Stat


def test_base_to_novel_averages_over_seeds_first_and_takes_h_of_averages(tmp_path: Path) -> None:
    for seed, dtd, pets in (
        (1, (80, 60), (90, 30)),
        (2, (90, 50), (100, 50)),
        (3, (85, 55), (95, 40)),
    ):
        write(tmp_path, pair(*dtd), seed=seed)
        write(tmp_path, pair(*pets), seed=seed, dataset='oxford_pets')
    table = table_of(tmp_path, 'base_to_novel_16shots')
    dtd = cells(table, 'DTD', 'mmrl')
    assert dtd['base'] == Stat(85.0, 5.0)  # sample deviation of 80, 90, 85
    assert dtd['novel'] == Stat(55.0, 5.0)
    assert dtd['H'].mean == pytest.approx(2 * 85 * 55 / 140, rel=1e-12)
    # H per seed: 68.571.., 64.285.., 66.785..; deviations from their mean squared, divided by two
    assert dtd['H'].std == pytest.approx(2.152755, abs=1e-6)
    average = cells(table, 'Average', 'mmrl')
    # per dataset 85 / 55 and 95 / 40; per seed 85 / 45, 95 / 50 and 90 / 47.5
    assert average['base'] == Stat(90.0, 5.0)
    assert average['novel'] == Stat(47.5, 2.5)
    assert average['H'].mean == pytest.approx(2 * 90 * 47.5 / 137.5, rel=1e-12)
    assert average['n'] == '3'
    # the paper prints 85.67 / 65.00 / 73.82 for MMRL on DTD
    assert (dtd['paper base'].mean, dtd['paper novel'].mean, dtd['paper H'].mean) == (
        85.67,
        65.0,
        73.82,
    )
    assert dtd['diff base'].mean == pytest.approx(-0.67)
    assert dtd['diff base'].text() == '-0.67'
    # of two datasets the paper prints no average: (85.67 + 95.90) / 2
    assert average['paper base'].mean == pytest.approx(90.785)


def test_average_of_all_eleven_is_the_printed_one(tmp_path: Path) -> None:
    for name in published()['base-to-novel']['vamp']:
        if name != 'average':
            write(tmp_path, pair(80, 60), method='vamp', dataset=name)
    average = cells(table_of(tmp_path, 'base_to_novel_16shots'), 'Average', 'vamp')
    assert [average[f'paper {word}'].mean for word in ('base', 'novel', 'H')] == [
        86.45,
        78.67,
        82.37,
    ]


def test_no_paper_numbers_for_other_shots_and_methods(tmp_path: Path) -> None:
    write(tmp_path, pair(80, 60), shots=4)
    write(tmp_path, pair(80, 60), method='mine')
    for key in ('base_to_novel_4shots', 'base_to_novel_16shots'):
        assert all('paper' not in column for column in table_of(tmp_path, key).shown()[0])


def test_method_without_a_dataset_has_no_average(tmp_path: Path) -> None:
    write(tmp_path, pair(80, 60))
    write(tmp_path, pair(80, 60), dataset='eurosat')
    write(tmp_path, pair(70, 60), method='maple')
    write(tmp_path, pair(50, 40), method='clip', shots=None, seed=None)
    table = table_of(tmp_path, 'base_to_novel_16shots')
    assert [row[:2] for row in table.rows] == [
        ['Average', 'mmrl'],
        ['DTD', 'clip'],
        ['DTD', 'maple'],
        ['DTD', 'mmrl'],
        ['EuroSAT', 'mmrl'],
    ]
    assert table.breaks == {1, 4}
    assert cells(table, 'DTD', 'clip')['base'] == Stat(50.0)


def test_few_shot_has_a_column_per_number_of_shots(tmp_path: Path) -> None:
    for shots, accuracies in ((1, (60, 62)), (16, (70, 74))):
        for seed, accuracy in enumerate(accuracies):
            write(tmp_path, {'all/accuracy': accuracy}, shots=shots, seed=seed)
            write(
                tmp_path, {'all/accuracy': accuracy + 10}, shots=shots, seed=seed, dataset='eurosat'
            )
    table = table_of(tmp_path, 'few_shot')
    assert table.columns == ['dataset', 'method', '1 shot', '16 shots', 'n']
    row = cells(table, 'Average', 'mmrl')
    assert row['1 shot'] == Stat(66.0, pytest.approx(2**0.5))  # per seed 65 and 67
    assert cells(table, 'DTD', 'mmrl')['16 shots'] == Stat(72.0, pytest.approx(8**0.5))


def test_cross_dataset_leaves_the_source_out_of_the_average(tmp_path: Path) -> None:
    for seed, (dtd, pets) in enumerate(((40, 90), (44, 92))):
        metrics = {
            'imagenet/all/accuracy': 70,
            'dtd/all/accuracy': dtd,
            'oxford_pets/all/accuracy': pets,
            'average/all/accuracy': (dtd + pets) / 2,
        }
        write(tmp_path, metrics, dataset='imagenet', protocol='cross-dataset', seed=seed)
    table = table_of(tmp_path, 'cross_dataset_imagenet_16shots')
    assert table.columns == ['method', 'ImageNet', 'OxfordPets', 'DTD', 'Average', 'n']
    ours, paper, difference = (dict(zip(table.columns, row)) for row in table.rows)
    assert ours['Average'] == Stat(66.5, pytest.approx(4.5**0.5))  # 65 and 68
    assert paper['DTD'].mean == 45.9
    assert paper['Average'].mean == pytest.approx((91.43 + 45.9) / 2)
    assert difference['ImageNet'].mean == pytest.approx(70 - 72.03)


def test_domain_generalization_average_of_the_paper_is_that_of_its_rows(tmp_path: Path) -> None:
    names = ('imagenet', 'imagenetv2', 'imagenet_sketch', 'imagenet_a', 'imagenet_r')
    write(
        tmp_path,
        {f'{name}/all/accuracy': 60 for name in names},
        method='vamp',
        dataset='imagenet',
        protocol='domain-generalization',
    )
    table = table_of(tmp_path, 'domain_generalization_imagenet_16shots')
    # (64.96 + 49.69 + 51.97 + 78.01) / 4
    assert table.rows[1][table.columns.index('Average')].mean == pytest.approx(61.1575)


def test_open_and_other_metrics_have_tables_of_their_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        {'open/accuracy': 50, 'open/base_accuracy': 60, 'open/novel_accuracy': 40, 'open/H': 48},
    )
    write(tmp_path, {'toy/error': 0.25}, seed=1)
    write(tmp_path, {'toy/error': 0.75}, seed=2)
    assert cells(table_of(tmp_path, 'open'), 'DTD', 'mmrl')['H'] == Stat(48.0)
    assert cells(table_of(tmp_path, 'other'), 'mmrl', 'DTD')['toy/error'] == Stat(
        0.5, pytest.approx(0.125**0.5), 4
    )


def test_cost_leaves_the_time_of_interrupted_runs_out(tmp_path: Path) -> None:
    write(tmp_path, pair(80, 60), seed=1)
    write(tmp_path, pair(80, 60), dict(seconds=1.0, resumed_at_epoch=4), seed=2)
    row = cells(table_of(tmp_path, 'cost'), 'mmrl', 'DTD')
    assert (
        row['train and test s'].mean,
        row['s/epoch'].mean,
        row['trainable parameters'].text(),
    ) == (10.0, 2.0, '7')


def test_report_writes_its_files(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    write(tmp_path, pair(80, 60))
    make_report([tmp_path])
    assert 'paper' in capsys.readouterr().out
    assert {path.name for path in (tmp_path / 'report').iterdir()} == {
        'report.html',
        'tables.md',
        'tables.tex',
        'base_to_novel_16shots.csv',
        'cost.csv',
        'figures',
    }
    assert 'printed in the VaMP paper' in (tmp_path / 'report' / 'tables.tex').read_text()
