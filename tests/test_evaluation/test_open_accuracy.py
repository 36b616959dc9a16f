"""Base and novel images answered among all names."""

from __future__ import annotations

import pytest
import torch

from vamp_mm.evaluation import OpenAccuracy


def evaluate(pairs: list[tuple[int, int]], border: int | None = 2) -> dict[str, float]:
    metric = OpenAccuracy()
    metric.dataset_meta = dict(classes=('a', 'b', 'c', 'd'), base_classes=border)
    samples = [
        dict(pred_score=torch.eye(4)[predicted], gt_label=torch.tensor([label]))
        for label, predicted in pairs
    ]
    metric.process({}, samples)
    return metric.evaluate(len(pairs))


def test_accuracy_of_each_half_and_their_harmonic_mean() -> None:
    found = evaluate([(0, 0), (1, 1), (1, 3), (0, 0), (2, 2), (3, 0)])
    assert found == dict(
        base_accuracy=pytest.approx(75.0), novel_accuracy=pytest.approx(50.0), H=pytest.approx(60.0)
    )


@pytest.mark.parametrize(
    ('pairs', 'border'), [([(0, 0)], 2), ([(3, 3)], 2), ([(0, 0), (3, 3)], None)]
)
def test_both_halves_must_be_there(pairs: list[tuple[int, int]], border: int | None) -> None:
    with pytest.raises(ValueError, match="class_split='all'"):
        evaluate(pairs, border)


def test_a_half_without_a_right_answer() -> None:
    assert evaluate([(0, 0), (1, 1), (2, 0), (3, 3), (3, 3)])['novel_accuracy'] == pytest.approx(
        200 / 3
    )
    assert evaluate([(0, 0), (2, 0)]) == dict(base_accuracy=100, novel_accuracy=0, H=0)
