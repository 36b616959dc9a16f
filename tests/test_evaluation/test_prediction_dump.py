"""What a dump of predictions holds, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from vamp_mm.evaluation import PredictionDump, read_predictions


def dump(folder: Path, classes: Any, *samples: dict[str, Any]) -> Path:
    metric = PredictionDump('found.jsonl')
    metric.set_context(str(folder / 'run' / 'deep'), 'a/base')
    metric.dataset_meta = dict(classes=classes)
    metric.process({}, samples)
    assert metric.evaluate(len(samples)) == {}
    return metric.path


def sample(scores: list[float], label: int, **fields: Any) -> dict[str, Any]:
    return dict(
        pred_score=torch.tensor(scores, dtype=torch.float64),
        gt_label=torch.tensor([label]),
        **fields,
    )


def test_every_field(tmp_path: Path) -> None:
    path = dump(
        tmp_path,
        ('ant', 'bee', 'Käfer'),
        sample([0.25, 0.125, 0.625], 0, img_path='ä.jpg', predictive_entropy=0.5),
    )
    assert path == tmp_path / 'run' / 'deep' / 'found_a_base.jsonl'
    assert read_predictions(path) == [
        dict(
            img_path='ä.jpg',
            split='a/base',
            gt_label=0,
            gt_class='ant',
            pred_label=2,
            pred_class='Käfer',
            confidence=0.625,
            gt_confidence=0.25,
            runner_up_label=0,
            runner_up_class='ant',
            runner_up_confidence=0.25,
            predictive_entropy=0.5,
        )
    ]
    assert 'Käfer' in path.read_text(encoding='utf-8')  # not as escapes
    assert list(path.parent.iterdir()) == [path]


def test_two_classes_have_a_runner_up_and_one_has_none(tmp_path: Path) -> None:
    two = read_predictions(dump(tmp_path / 'two', ('a', 'b'), sample([1.0, 0.0], 0)))[0]
    assert (two['runner_up_label'], two['runner_up_confidence']) == (1, 0)
    one = read_predictions(dump(tmp_path / 'one', ('a',), sample([1.0], 0)))[0]
    assert not [key for key in one if key.startswith('runner_up')]


@pytest.mark.parametrize(('classes', 'named'), [(('a', 'b', 'c'), '3'), (None, 'None')])
def test_other_classes_than_the_dataset_names(tmp_path: Path, classes: Any, named: str) -> None:
    with pytest.raises(ValueError, match=f'2 classes, .*{named}'):
        dump(tmp_path, classes, sample([0.5, 0.5], 0))


def test_lines_that_are_not_records_are_named(tmp_path: Path) -> None:
    path = tmp_path / 'found.jsonl'
    path.write_text(json.dumps(['confidence']) + '\n', encoding='utf-8')
    with pytest.raises(ValueError, match='line 1 is not a prediction record'):
        read_predictions(path)
    path.write_text('', encoding='utf-8')
    assert read_predictions(path) == []
