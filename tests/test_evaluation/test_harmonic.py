"""Harmonic mean, and its rule over datasets on the published zero-shot table of CLIP ViT-B/16."""

from __future__ import annotations

import math

import pytest

from vamp_mm.evaluation import aggregate, harmonic_mean, summary

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
    with pytest.raises(ValueError, match='not an accuracy'):
        harmonic_mean(50.0, wrong)
    with pytest.raises(ValueError, match='not an accuracy'):
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


def test_a_run_over_one_dataset_has_its_harmonic_mean_only() -> None:
    assert summary({'base/accuracy': 80.0, 'novel/accuracy': 60.0, 'base/ece': 0.1}) == dict(
        H=pytest.approx(480 / 7)
    )
    assert summary({'all/accuracy': 80.0}) == {}


def test_the_average_over_targets_leaves_out_the_source() -> None:
    # CoCoOp's published row: ImageNet (source), then the ten targets and their average
    targets = (94.43, 90.14, 65.32, 71.88, 86.06, 22.94, 67.36, 45.73, 45.37, 68.21)
    metrics = {f'target{index}/all/accuracy': value for index, value in enumerate(targets)}
    found = summary({'imagenet/all/accuracy': 71.02, **metrics}, trained_on='imagenet')
    assert found == {'average/all/accuracy': pytest.approx(65.74, abs=0.005)}
    # one target needs no average
    assert summary({'a/all/accuracy': 1.0, 'b/all/accuracy': 3.0}, trained_on='a') == {}


def test_the_average_over_datasets_is_the_harmonic_mean_of_averages() -> None:
    # zero-shot CLIP ViT-B/16 in the papers; the mean of harmonic means would be 71.59
    metrics = {f'{index}/base/accuracy': value for index, value in enumerate(BASE)}
    metrics |= {f'{index}/novel/accuracy': value for index, value in enumerate(NOVEL)}
    found = summary(metrics)
    assert found['average/H'] == pytest.approx(71.70, abs=0.005)
    assert found['average/base/accuracy'] == pytest.approx(69.345, abs=0.001)
    assert found['0/H'] == pytest.approx(70.22, abs=0.005)
    del metrics['3/novel/accuracy']  # other datasets on each side: no common average
    assert 'average/H' not in summary(metrics)


def test_halves_of_small_accuracies_and_of_different_datasets() -> None:
    assert harmonic_mean(0.25, 0.5) == pytest.approx(1 / 3)
    # two datasets have both halves: an average; one more base half, or one dataset: none
    halves = {f'{name}/{split}/accuracy': 50.0 for name in 'ab' for split in ('base', 'novel')}
    assert summary(halves)['average/H'] == 50
    assert 'average/H' not in summary({**halves, 'c/base/accuracy': 50.0})
    assert 'average/H' not in summary({f'a/{split}/accuracy': 50.0 for split in ('base', 'novel')})
    assert 'average/H' not in summary({f'{name}/base/accuracy': 50.0 for name in 'ab'})
    with pytest.raises(ValueError, match='2 base and 1 novel'):
        aggregate([1.0, 2.0], [1.0])
