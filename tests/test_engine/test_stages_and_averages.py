"""Gaussian averages, staged schedules, and learning rates of parts."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from vamp_mm.engine import (
    PartOptimWrapperConstructor,
    StagedCosineLR,
    gaussian_weights,
    weighted_sum,
)


@pytest.mark.parametrize(
    ('epochs', 'mean', 'std'), [(20, 15, 1), (20, 6, 10), (50, 30, 30), (50, 45, 5), (3, 1000, 1)]
)
def test_epochs_are_weighted_by_a_normal_density(epochs, mean, std):
    weights = gaussian_weights(epochs, mean, std)
    assert sum(weights) == pytest.approx(1)
    assert weights.index(max(weights)) + 1 == min(mean, epochs)
    for one, two in zip(range(1, epochs), range(2, epochs + 1)):
        ratio = -0.5 * ((two - mean) ** 2 - (one - mean) ** 2) / std**2
        if weights[one - 1] > 1e-280:
            assert math.log(weights[two - 1] / weights[one - 1]) == pytest.approx(ratio)


def test_the_original_numbers_of_promptsrc():
    """Rounded values of its base-to-novel setting: epochs 13 to 17 carry the average."""
    assert [round(w, 3) for w in gaussian_weights(20, 15, 1)[12:17]] == [
        0.054,
        0.242,
        0.399,
        0.242,
        0.054,
    ]
    with pytest.raises(ValueError, match='std=0'):
        gaussian_weights(20, 15, 0)


def test_a_sum_starts_with_its_first_epoch():
    first = weighted_sum({}, {'a': torch.ones(2)}, 0.25)
    assert weighted_sum(first, {'a': torch.full((2,), 3.0)}, 0.75)['a'].tolist() == [2.5, 2.5]


def test_each_stage_falls_from_the_base_rate_as_torchs_cosine():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = StagedCosineLR(optimizer, shares=(0.6, 0.4), eta_min=1e-3, end=13)
    assert schedule.starts == [0, 7, 13]
    assert [schedule.stage(i) for i in (0, 6, 7, 12, 13)] == [1, 1, 2, 2, 2]
    ours = []
    for _ in range(13):
        ours.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        schedule.step()
    theirs = []
    for length in (7, 6):
        other = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(other, length, eta_min=1e-3)
        for _ in range(length):
            theirs.append(other.param_groups[0]['lr'])
            other.step()
            cosine.step()
    assert ours == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        (dict(shares=(0.6, 0.6)), 'must be positive and add up to 1'),
        (dict(by_epoch=True), 'by_epoch=False'),
        (dict(end=1 << 62), 'end is open'),
    ],
)
def test_wrong_schedules_are_told_clearly(change, told):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    with pytest.raises(ValueError, match=told):
        StagedCosineLR(optimizer, **{'end': 10, **change})


def test_parts_have_rates_of_their_own_and_frozen_or_shared_tensors_are_no_matter():
    model = nn.ModuleDict(
        {
            'a': nn.Linear(2, 2),
            'b': nn.Linear(2, 2),
            'frozen': nn.Linear(2, 2),
            'again': nn.Linear(2, 2),
        }
    )
    model['frozen'].requires_grad_(False)
    model['again'].weight = model['frozen'].weight
    model['again'].bias = model['frozen'].bias
    build = PartOptimWrapperConstructor(
        dict(optimizer=dict(type='SGD', lr=0.1)), dict(lr_mult={'a.': 0.5, 'a.bias': 2.0})
    )
    groups = build(model).optimizer.param_groups
    assert [(len(group['params']), group['lr']) for group in groups] == [
        (1, 0.05),
        (1, 0.2),
        (2, 0.1),
    ]
    with pytest.raises(ValueError, match="no trainable tensor is named 'frozen.'"):
        PartOptimWrapperConstructor(
            dict(optimizer=dict(type='SGD', lr=0.1)), dict(lr_mult={'frozen.': 2.0})
        )(model)
    with pytest.raises(ValueError, match="takes 'lr_mult' alone"):
        PartOptimWrapperConstructor(dict(optimizer=dict(type='SGD', lr=0.1)), dict(custom_keys={}))
