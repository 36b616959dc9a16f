"""A checkpoint of another model is refused, with names."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from toy_engine import ToyModel

from vamp_mm.weight_files import CheckpointError, check_state_dict


def test_own_state_passes_also_with_the_prefix_of_a_wrapper():
    model = ToyModel()
    check_state_dict(model, model.state_dict())
    check_state_dict(model, {f'module.{name}': value for name, value in model.state_dict().items()})


def test_all_differences_are_listed():
    state = ToyModel().state_dict()
    state['head.weight'] = torch.zeros(3, 5)
    state['other.weight'] = state.pop('head.bias')
    with pytest.raises(CheckpointError) as error:
        check_state_dict(ToyModel(), state, 'epoch_1.pth')
    text = str(error.value)
    assert text.startswith('epoch_1.pth does not fit the model ToyModel')
    assert '1 missing: head.bias' in text
    assert '1 unexpected: other.weight' in text
    assert 'head.weight (3, 5) instead of (3, 4)' in text
    assert 'another method or width?' in text


def test_prototypes_may_have_any_number_of_classes_but_one_width():
    state, model = ToyModel().state_dict(), ToyModel()
    name = 'prototype_owner.prototypes'
    state[name] = torch.zeros(7, 4)
    check_state_dict(model, state)
    model.prototype_owner.prototypes = torch.zeros(3, 4)
    check_state_dict(model, state)
    state[name] = torch.zeros(7, 5)
    with pytest.raises(CheckpointError, match='prototypes'):
        check_state_dict(model, state)
    state[name] = torch.zeros(3, 4)
    state['prototype_owner.scale'] = torch.zeros(7)  # the owner's parameters stay strict
    with pytest.raises(CheckpointError, match=r'scale \(7,\)'):
        check_state_dict(model, state)


@pytest.mark.parametrize(
    'dtype', [torch.int64, torch.bool, torch.complex64, torch.float8_e4m3fn], ids=str
)
def test_other_kinds_of_number_are_refused(dtype):
    model = nn.Linear(2, 1)
    state = {name: value.to(dtype) for name, value in model.state_dict().items()}
    told = f'2 of another kind of number: weight {str(dtype)[6:]} instead of float32'
    with pytest.raises(CheckpointError, match=told):
        check_state_dict(model, state)
    check_state_dict(model, {name: value.half() for name, value in model.state_dict().items()})


def test_two_values_of_one_weight_are_refused():
    model = nn.Linear(2, 1)
    state = model.state_dict()
    with pytest.raises(CheckpointError, match="holds 'weight' and 'module.weight', two values"):
        check_state_dict(model, {**state, 'module.weight': state['weight']})


def test_long_lists_are_cut():
    model = nn.ModuleList([nn.Linear(1, 1) for _ in range(10)])
    with pytest.raises(CheckpointError, match=r'20 missing: .*\.\.\. and 15 more'):
        check_state_dict(model, {})


def test_values_must_be_tensors():
    with pytest.raises(CheckpointError, match='no tensor under meta'):
        check_state_dict(ToyModel(), {'meta': {}})
