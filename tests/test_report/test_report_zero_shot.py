"""Zero-shot CLIP beside a method in tables, and runs that training made worse."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
from helpers_report import cells, pair, table_of, write

from vamp_mm.report import make_report


def _beside(metrics: dict[str, float], **zero_shot: float) -> dict[str, float]:
    return metrics | {f'{split}/zero_shot_accuracy': value for split, value in zero_shot.items()}


def test_zero_shot_stands_beside_and_what_is_below_it_is_marked(tmp_path: Path) -> None:
    for seed, (base, novel) in enumerate(((80, 50), (82, 54)), start=1):
        write(tmp_path, _beside(pair(base, novel), base=60, novel=60), seed=seed)
        write(tmp_path, _beside(pair(base, 70), base=40, novel=40), seed=seed, dataset='eurosat')
    write(tmp_path, pair(60, 60), method='clip', shots=None, seed=None)
    table = table_of(tmp_path, 'base_to_novel_16shots')
    row = cells(table, 'DTD', 'mmrl')
    assert row['worse than zero-shot'] == 'novel'  # 81 and 52 give an H of 63.3
    average = cells(table, 'Average', 'zero-shot CLIP')
    assert [average[name].mean for name in ('base', 'novel', 'H')] == [50] * 3
    assert cells(table, 'Average', 'mmrl')['worse than zero-shot'] == ''
    # the benchmark's own zero-shot row has the same 60 / 60 on DTD: it is not shown twice
    assert [row[1] for row in table.rows if row[0] == 'DTD'] == ['clip', 'mmrl']
    assert [row[1] for row in table.rows if row[0] == 'EuroSAT'] == ['zero-shot CLIP', 'mmrl']
    assert any(note.startswith('zero-shot CLIP: the same frozen CLIP') for note in table.notes)


def test_methods_on_different_clips_have_a_zero_shot_row_each(tmp_path: Path) -> None:
    write(tmp_path, _beside(pair(80, 70), base=60, novel=60))
    write(tmp_path, _beside(pair(80, 70), base=60, novel=60), method='coop')
    write(tmp_path, _beside(pair(90, 80), base=75, novel=76), method='vamp')
    table = table_of(tmp_path, 'base_to_novel_16shots')
    assert cells(table, 'DTD', 'zero-shot CLIP of coop, mmrl')['novel'].mean == 60
    assert cells(table, 'DTD', 'zero-shot CLIP of vamp')['novel'].mean == 76


def test_reports_of_runs_that_did_not_measure_zero_shot_are_as_before(tmp_path: Path) -> None:
    write(tmp_path, pair(80, 60))
    write(tmp_path, {'all/accuracy': 60}, dataset='eurosat')
    for key in ('base_to_novel_16shots', 'few_shot'):
        table = table_of(tmp_path, key)
        assert not any('zero-shot' in text for text in [*table.shown()[0], *table.notes])


def test_few_shot_zero_shot_and_the_shots_that_are_below_it(tmp_path: Path) -> None:
    for shots, accuracy in ((1, 55), (16, 70)):
        write(tmp_path, _beside({'all/accuracy': accuracy}, all=60), shots=shots)
    table = table_of(tmp_path, 'few_shot')
    row = cells(table, 'DTD', 'zero-shot CLIP')
    assert [row[name].text() for name in ('1 shot', '16 shots')] == ['60.00'] * 2
    row = cells(table, 'DTD', 'mmrl')
    assert row['worse than zero-shot'] == '1 shot'


def test_transfer_and_open_have_zero_shot_too(tmp_path: Path) -> None:
    targets = {'imagenet/all': (70, 66), 'dtd/all': (40, 44), 'eurosat/all': (50, 48)}
    write(
        tmp_path,
        {
            f'{name}/{key}': value
            for name, pair in targets.items()
            for key, value in zip(('accuracy', 'zero_shot_accuracy'), pair)
        },
        dataset='imagenet',
        protocol='cross-dataset',
        method='own',
    )
    table = table_of(tmp_path, 'cross_dataset_imagenet_16shots')
    row = cells(table, 'zero-shot CLIP')
    assert [row[name].mean for name in ('ImageNet', 'DTD', 'EuroSAT', 'Average')] == [
        66,
        44,
        48,
        46,
    ]
    row = cells(table, 'own')
    assert row['worse than zero-shot'] == 'DTD, Average'  # (40 + 50) / 2 is 45
    write(
        tmp_path,
        {
            'open/accuracy': 55,
            'open/base_accuracy': 60,
            'open/novel_accuracy': 50,
            'open/zero_shot_base_accuracy': 50,
            'open/zero_shot_novel_accuracy': 58,
        },
        protocol='open',
    )
    table = table_of(tmp_path, 'open')
    row = cells(table, 'DTD', 'zero-shot CLIP')
    assert (row['all'], row['base'].mean, row['novel'].mean) == ('', 50, 58)
    row = cells(table, 'DTD', 'mmrl')
    assert row['worse than zero-shot'] == 'novel'


def test_training_that_made_it_worse_is_said(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    compared = dict(
        images='validation',
        count=105,
        accuracy=65.24,
        zero_shot_accuracy=72.38,
        worse=True,
        likely_causes=['only 3 optimiser steps'],
    )
    path = write(tmp_path, pair(80, 60))
    path.write_text(
        json.dumps({**json.loads(path.read_text()), 'compared_with_zero_shot': compared})
    )
    make_report([tmp_path])
    said = (
        f'{path}: training made mmrl worse than zero-shot CLIP, on 105 validation images zero-shot 72.4 -> 65.2 (-7.1); '
        'likely causes: only 3 optimiser steps'
    )
    assert said in capsys.readouterr().out
    page = (tmp_path / 'report' / 'report.html').read_text('utf-8')
    assert html.escape(said) in page
