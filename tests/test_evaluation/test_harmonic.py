"""Harmonic mean, and its rule over datasets on the published zero-shot table of CLIP ViT-B/16."""

from __future__ import annotations

import math

import pytest

from vamp_mm.evaluation import aggregate, harmonic_mean

# 11 datasets: ImageNet, Caltech101, Pets, Cars, Flowers, Food, Aircraft, SUN397, DTD, EuroSAT,
# UCF101
BASE = [72.43, 96.84, 91.17, 63.37, 72.08, 90.10, 27.19, 69.36, 53.24, 56.48, 70.53]
NOVEL = [68.14, 94.00, 97.26, 74.89, 77.80, 91.22, 36.29, 75.35, 59.90, 64.05, 77.50]


@pytest.mark.parametrize(
    ('base', 'novel', 'h'),
    [(72.43, 68.14, 70.22), (27.19, 36.29, 31.09), (50, 50, 50), (80, 0, 0), (0, 0, 0)],
)
def test_harmonic_mean(base: float, novel: float, h: float) -> None:
    assert round(harmonic_mean(base, novel), 2) == h  # the published tables have two decimals


@pytest.mark.parametrize('wrong', [-1.0, math.nan, math.inf])
def test_refuses_what_is_no_accuracy(wrong: float) -> None:
    with pytest.raises(ValueError, match='no accuracy'):
        harmonic_mean(50.0, wrong)
    with pytest.raises(ValueError, match='no accuracy'):
        aggregate([50.0, wrong], [50.0, 80.0])


def test_the_average_row_is_h_of_the_averages() -> None:
    row = aggregate(BASE, NOVEL)
    assert [round(value, 2) for value in row] == [69.34, 74.22, 71.70]  # as published
    mean_of_h = sum(map(harmonic_mean, BASE, NOVEL)) / 11
    assert round(mean_of_h, 2) == 71.59  # the other rule, which is not the published one


def test_runs_must_pair_up() -> None:
    for base, novel in (([], []), ([1.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match='one pair per run'):
            aggregate(base, novel)
