"""Zero-shot CLIP beside a method in the test loop, on toy models: names, numbers, lines, and what has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from mmpretrain.evaluation import Accuracy
from toy_splits import BASE_NOVEL, ToyModel, logits_and_labels, make_runner

from vamp_mm.arguments import ArgumentError
from vamp_mm.evaluation import harmonic_mean
from vamp_mm.evaluation.zero_shot import compared, made_worse, zero_shot_summary
from vamp_mm.evaluation.zero_shot_accuracy import ZeroShotAccuracy

OUTSIDE = dict(**BASE_NOVEL, unseen=dict(outside='base', dataset=dict(class_split='novel')))


class Beside(ToyModel):
    """Its zero-shot CLIP always says the first class."""

    def __init__(self) -> None:
        super().__init__()
        self.beside_zero_shot = False
        self.asked: list[bool] = []

    def forward(self, inputs: Any, data_samples: list, mode: str = 'predict') -> Any:
        samples = super().forward(inputs, data_samples, mode)
        self.asked.append(self.beside_zero_shot)
        if self.beside_zero_shot:
            for sample in samples:
                sample.set_field(
                    torch.eye(len(sample.pred_score))[0], 'zero_shot_score', dtype=torch.Tensor
                )
        return samples


def log(folder: Path) -> str:
    return next(folder.glob('*/*.log')).read_text('utf-8')


def first_class(split: str) -> float:
    """Percentage of images of the first class."""
    _, labels = logits_and_labels(split, 11)
    return 100 * float((labels == 0).double().mean())


def test_numbers_stand_beside_and_nothing_else_changes(tmp_path: Path) -> None:
    model = Beside()
    metrics = make_runner(
        tmp_path / 'with', model, test_cfg=dict(type='SplitTestLoop', splits=OUTSIDE)
    ).test()
    without = make_runner(
        tmp_path / 'without',
        Beside(),
        test_cfg=dict(type='SplitTestLoop', splits=OUTSIDE, zero_shot=False),
    ).test()
    added = {key: metrics.pop(key) for key in list(metrics) if 'zero_shot' in key}
    assert metrics == without
    assert set(added) == {'base/zero_shot_accuracy', 'novel/zero_shot_accuracy', 'zero_shot_H'}
    assert added['base/zero_shot_accuracy'] == pytest.approx(first_class('base'), abs=1e-4)
    assert added['novel/zero_shot_accuracy'] == pytest.approx(first_class('novel'), abs=1e-4)
    assert added['zero_shot_H'] == harmonic_mean(
        added['base/zero_shot_accuracy'], added['novel/zero_shot_accuracy']
    )
    # not for images of unknown classes, and off when the test is over
    assert model.asked == [True] * 6 + [False] * 3
    assert model.beside_zero_shot is False
    lines = [
        line.rsplit(' - ', 1)[-1]
        for line in log(tmp_path / 'with').splitlines()
        if ': zero-shot ' in line
    ]
    assert lines == [
        f'{name}: zero-shot {added[zero]:.1f} -> {metrics[own]:.1f} ({metrics[own] - added[zero]:+.1f})'
        for name, zero, own in (
            ('base', 'base/zero_shot_accuracy', 'base/accuracy'),
            ('novel', 'novel/zero_shot_accuracy', 'novel/accuracy'),
            ('H', 'zero_shot_H', 'H'),
        )
    ]
    # the base classes were trained on, the novel ones were not
    base = metrics['base/accuracy'], added['base/zero_shot_accuracy']
    warned = [
        line
        for line in log(tmp_path / 'with').splitlines()
        if 'WARNING - the trained model is WORSE than' in line
    ]
    assert len(warned) == (base[0] < base[1])
    assert all('novel' not in line for line in warned)


def test_a_model_that_training_made_worse_is_said_in_words() -> None:
    metrics = {
        'all/accuracy': 60.7,
        'all/zero_shot_accuracy': 64.3,
        'base/accuracy': 70.0,
        'base/zero_shot_accuracy': 70.0,
        'novel/accuracy': 1.0,
        'novel/zero_shot_accuracy': 2.0,
        'b/all/accuracy': 3.0,
        'b/all/zero_shot_accuracy': 5.5,
    }
    assert made_worse(metrics, ['base', 'unknown']) is None
    assert made_worse(metrics, ['all', 'base', 'b/all']) == (
        'the trained model is WORSE than zero-shot CLIP on test images of the classes that it was trained on: '
        'all 64.3 -> 60.7 (-3.6), b/all 5.5 -> 3.0 (-2.5)'
    )


def test_it_is_off_after_an_error(tmp_path: Path) -> None:
    model = Beside()
    with torch.no_grad():
        model.scale.fill_(float('nan'))
    with pytest.raises(FloatingPointError):
        make_runner(tmp_path, model).test()
    assert model.beside_zero_shot is False


def test_what_has_no_zero_shot_is_said_and_what_learns_nothing_is_not_compared(
    tmp_path: Path,
) -> None:
    assert not any('zero_shot' in key for key in make_runner(tmp_path / 'a', ToyModel()).test())
    assert (
        log(tmp_path / 'a').count(
            'ToyModel has no zero-shot CLIP in it: the test compares with none'
        )
        == 1
    )
    model = Beside()
    model.scale.requires_grad_(False)
    assert not any('zero_shot' in key for key in make_runner(tmp_path / 'b', model).test())
    assert 'zero-shot' not in log(tmp_path / 'b')


def test_the_key_takes_truth_values_only(tmp_path: Path) -> None:
    runner = make_runner(
        tmp_path, test_cfg=dict(type='SplitTestLoop', splits=BASE_NOVEL, zero_shot='no')
    )
    with pytest.raises(ArgumentError, match=r"SplitTestLoop: zero_shot='no' must be True or False"):
        runner.test()


def test_own_metrics_stay_as_they_are(tmp_path: Path) -> None:
    metrics = make_runner(
        tmp_path, Beside(), test_evaluator=dict(type='mmpretrain.Accuracy', topk=(2,))
    ).test()
    assert set(metrics) == {
        'base/accuracy/top2',
        'novel/accuracy/top2',
        'base/zero_shot_accuracy',
        'novel/zero_shot_accuracy',
        'zero_shot_H',
    }
    assert f'base: zero-shot {metrics["base/zero_shot_accuracy"]:.1f}\n' in log(tmp_path)


@pytest.mark.parametrize('count', [1, 7, 30, 1013])
def test_the_number_is_that_of_mmpretrain_to_the_last_digit(count: int) -> None:
    generator = torch.Generator().manual_seed(count)
    # many ties
    scores = torch.randint(0, 4, (count, 5), generator=generator).float().softmax(dim=-1)
    labels = torch.randint(0, 5, (count,), generator=generator)
    metric = ZeroShotAccuracy()
    metric.process(
        None,
        [dict(zero_shot_score=score, gt_label=label[None]) for score, label in zip(scores, labels)],
    )
    theirs = Accuracy.calculate(scores, labels, topk=(1,))[0][0].item()
    assert metric.evaluate(count) == {'zero_shot_accuracy': theirs}


def test_open_halves() -> None:
    metric = ZeroShotAccuracy(halves=True)
    metric.dataset_meta = dict(base_classes=2)
    right, wrong = torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([0.3, 0.3, 0.4, 0.0])
    metric.process(
        None,
        [
            dict(zero_shot_score=score, gt_label=torch.tensor([label]))
            for score, label in ((right, 3), (right, 3), (wrong, 3), (wrong, 1), (right.flip(0), 0))
        ],
    )
    assert metric.evaluate(5) == {
        'zero_shot_accuracy': pytest.approx(60),
        'zero_shot_base_accuracy': 50.0,
        'zero_shot_novel_accuracy': pytest.approx(200 / 3),
        'zero_shot_H': pytest.approx(400 / 7),
    }


def test_averages_follow_the_rules_of_the_own_numbers() -> None:
    metrics = {
        'a/all/zero_shot_accuracy': 40.0,
        'b/all/zero_shot_accuracy': 60.0,
        'c/all/zero_shot_accuracy': 90.0,
        'a/all/accuracy': 50.0,
        'open/zero_shot_base_accuracy': 10.0,
    }
    assert zero_shot_summary(metrics, trained_on='c') == {'average/all/zero_shot_accuracy': 50.0}
    metrics |= zero_shot_summary(metrics, trained_on='c') | {
        'average/all/accuracy': 45.0,
        'open/base_accuracy': 12.0,
        'zero_shot_H': 72.38,
        'H': 65.24,
    }
    assert compared(metrics) == [
        'a/all: zero-shot 40.0 -> 50.0 (+10.0)',
        'b/all: zero-shot 60.0',
        'c/all: zero-shot 90.0',
        'open base: zero-shot 10.0 -> 12.0 (+2.0)',
        'average/all: zero-shot 50.0 -> 45.0 (-5.0)',
        'H: zero-shot 72.4 -> 65.2 (-7.1)',
    ]


def test_the_first_novel_class_belongs_to_the_novel_half() -> None:
    metric = ZeroShotAccuracy(halves=True)
    metric.dataset_meta = dict(base_classes=2)
    answers = [(0, 0), (1, 1), (1, 0), (1, 1), (2, 2), (3, 0)]  # label, predicted
    metric.process(
        {},
        [
            dict(zero_shot_score=torch.eye(4)[predicted], gt_label=torch.tensor([label]))
            for label, predicted in answers
        ],
    )
    assert metric.evaluate(6) == dict(
        zero_shot_accuracy=pytest.approx(400 / 6),
        zero_shot_base_accuracy=75,
        zero_shot_novel_accuracy=50,
        zero_shot_H=60,
    )
    whole = ZeroShotAccuracy()
    whole.dataset_meta = dict(base_classes=2)
    whole.process({}, [dict(zero_shot_score=torch.eye(4)[0], gt_label=torch.tensor([0]))])
    assert list(whole.evaluate(1)) == ['zero_shot_accuracy']
