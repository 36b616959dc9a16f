"""Which images are uncertain and why, from records that are written by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vamp_mm.analysis import uncertain_images
from vamp_mm.analysis.ranking import rank, reason
from vamp_mm.apis import ConfigError

RED, BLUE = (0xCF, 0x3F, 0x3A), (0x3B, 0x6F, 0xB6)


def _record(
    name: str,
    confidence: float,
    second: float,
    entropy: float,
    mutual: float = 0.0,
    right: bool = True,
) -> dict:
    return dict(
        img_path=name,
        split='base',
        gt_label=0,
        gt_class='cat',
        pred_label=0 if right else 1,
        pred_class='cat' if right else 'dog',
        confidence=confidence,
        gt_confidence=confidence if right else second,
        runner_up_label=2,
        runner_up_class='cow',
        runner_up_confidence=second,
        predictive_entropy=entropy,
        expected_entropy=entropy - mutual,
        mutual_information=mutual,
        pred_std=mutual / 2,
    )


RECORDS = [
    _record('sure.png', 0.9, 0.05, 0.4, 0.2),
    _record('two.png', 0.5, 0.4, 1.0, 0.2, right=False),
    _record('many.png', 0.3, 0.2, 2.0, 0.1, right=False),
    _record('disagree.png', 0.4, 0.2, 1.6, 0.8),
]


def test_reasons() -> None:
    assert [reason(record) for record in RECORDS] == [
        'sure',
        'two classes',
        'many classes',
        'samples disagree',
    ]
    # at the bounds: 0.25 of the entropy; 0.8 together and 0.2 for the second; the half
    assert reason(_record('', 0.25, 0.2, 2.0, 0.5)) == 'samples disagree'
    assert reason(_record('', 0.6, 0.2, 1.0, 0.1)) == 'two classes'
    assert reason(_record('', 0.5, 0.1, 1.0, 0.1)) == 'sure'
    # of an older dump
    old = {key: value for key, value in RECORDS[2].items() if not key.startswith('runner_up')}
    assert reason(old) == 'many classes'


def test_orders() -> None:
    def order(**options: str) -> list[str]:
        return [record['img_path'].removesuffix('.png') for record in rank(RECORDS, **options)]

    assert order() == ['many', 'disagree', 'two', 'sure']
    # of equal ones by path
    assert order(by='mutual_information') == ['disagree', 'sure', 'two', 'many']
    assert order(by='least_confidence') == ['many', 'disagree', 'two', 'sure']
    assert order(only='right') == ['disagree', 'sure']
    assert order(only='wrong', by='pred_std') == ['two', 'many']


def test_what_cannot_be_ordered() -> None:
    single = [_record(str(index), 0.5, 0.4, 1.0) for index in range(3)]
    with pytest.raises(ConfigError, match='0 for all images, as this model draws one sample'):
        rank(single, 'mutual_information')
    with pytest.raises(ConfigError, match="'entropy' is unknown; allowed: "):
        rank(RECORDS, 'entropy')
    with pytest.raises(ConfigError, match=r"record of a.png lacks \['pred_std'\].*PredictionDump"):
        rank(
            [{key: value for key, value in _record('a.png', 1, 0, 0).items() if key != 'pred_std'}]
        )


def _dump(folder: Path) -> Path:
    records = []
    for record in RECORDS:
        path = folder / record['img_path']
        Image.new('RGB', (30, 20), (120, 120, 120)).save(path)
        records.append(dict(record, img_path=str(path)))
    file = folder / 'predictions_base.jsonl'
    file.write_text(''.join(json.dumps(record) + '\n' for record in records))
    return file


def test_sheet_and_table_of_a_dump(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    found = uncertain_images(_dump(tmp_path), out=tmp_path / 'out', number=2)
    assert [record['reason'] for record in found] == [
        'many classes',
        'samples disagree',
        'two classes',
        'sure',
    ]
    with open(tmp_path / 'out' / 'uncertain_base.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert [Path(row['img_path']).name for row in rows] == [
        'many.png',
        'disagree.png',
        'two.png',
        'sure.png',
    ]
    assert float(rows[1]['mutual_information']) == 0.8
    pixels = np.asarray(Image.open(tmp_path / 'out' / 'uncertain_base.png').convert('RGB'))
    for color in (RED, BLUE):
        assert (pixels == color).all(axis=-1).sum() > 300
    shown = capsys.readouterr().out
    assert 'the 2 least certain of 4 by predictive_entropy' in shown
    assert 'many.png' in shown
    assert 'two.png' not in shown


def test_what_a_dump_must_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='give a config and a checkpoint'):
        uncertain_images(tmp_path / 'predictions_novel.jsonl')
    file = _dump(tmp_path)
    with pytest.raises(ConfigError, match='--number 0'):
        uncertain_images(file, out=tmp_path, number=0)
    (tmp_path / 'many.png').unlink()
    with pytest.raises(FileNotFoundError, match='many.png.*run this from the folder'):
        uncertain_images(file, out=tmp_path)
    file.write_text('no json\n')
    with pytest.raises(ConfigError, match='line 1 is not JSON'):
        uncertain_images(file, out=tmp_path)


@pytest.mark.parametrize(
    ('line', 'said'),
    [
        (b'{"confidence": 0.', 'line 5 is not JSON: '),
        (b'[]', "line 5 is not a prediction record: '[]'"),
        (b'\xff\xfe', 'line 5 is not UTF-8'),
        (b'[' * 100_000, 'line 5 is not JSON: '),
        (
            b'{"confidence": 1, "img_path": "x.png"}',
            "the record of 'x.png': it lacks ['gt_class', ",
        ),
        ({'confidence': None}, 'confidence is None, not a finite number'),
        ({'pred_std': '0'}, "pred_std is '0', not a finite"),
        ({'mutual_information': float('nan')}, 'mutual_information is nan'),
        ({'gt_confidence': 10**400}, 'gt_confidence is 1000'),
        ({'gt_class': None}, 'gt_class is None, not a text'),
        ({'pred_label': 'a'}, "pred_label is 'a', not a whole number"),
    ],
)
def test_a_damaged_line_is_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture, line: bytes | dict, said: str
) -> None:
    file = _dump(tmp_path)
    good = file.read_bytes()
    more = (
        line
        if isinstance(line, bytes)
        else json.dumps({**json.loads(good.splitlines()[0]), **line}).encode()
    )
    file.write_bytes(good + more + b'\n')
    found = uncertain_images(file, out=tmp_path / 'out', number=2)
    assert len(found) == len(RECORDS)
    [named] = [part for part in capsys.readouterr().out.splitlines() if part.endswith('; left out')]
    assert said in named
    file.write_bytes((more + b'\n') * 9)
    with pytest.raises(ConfigError, match='no line can be used; the first: '):
        uncertain_images(file, out=tmp_path / 'out', number=2)
    file.write_bytes(good + (more + b'\n') * 9)
    uncertain_images(file, out=tmp_path / 'out', number=2)
    assert f'4 more lines of {file} are left out' in capsys.readouterr().out
