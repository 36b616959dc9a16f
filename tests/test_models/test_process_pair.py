"""Every method in two processes with half the images each is the method in one with all of them."""

from __future__ import annotations

import methods
import pytest
import torch
from methods import TRAINED
from process_pair import Outcome, train, train_in_pairs


@pytest.fixture(scope='module')
def pair(small_files, tmp_path_factory) -> list[dict[str, Outcome]]:
    """All methods, trained by two processes."""
    return train_in_pairs(small_files, tmp_path_factory.mktemp('pair'))


@pytest.mark.parametrize('row', TRAINED, ids=methods.ids)
def test_two_processes_equal_one(small, pair, row):
    state, logged = train(small, row)
    (first, first_log), (second, second_log) = (outcome[row.title] for outcome in pair)
    for step, values in enumerate(logged):
        for key, value in values.items():
            mean = (first_log[step][key] + second_log[step][key]) / 2
            # float64: sums of half and whole batches differ by some 1e-16 of terms of order 10
            assert mean == pytest.approx(value, rel=1e-9, abs=1e-9), (step, key)
    assert first.keys() == second.keys() == state.keys()
    for key, value in state.items():
        assert torch.equal(first[key], second[key]), key
        torch.testing.assert_close(first[key], value, rtol=1e-8, atol=1e-10, msg=key)
    assert state[next(key for key in state if key.startswith(row.modules))].isfinite().all()
    assert logged[0] != logged[1]
