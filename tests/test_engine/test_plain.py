"""Plain data."""

from __future__ import annotations

import enum
from collections import OrderedDict, deque, namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from torch import nn

from vamp_mm.engine.plain import HISTORY_LENGTH, history_from_plain, same_plain, to_plain


class Color(enum.IntEnum):
    RED = 3


@pytest.mark.parametrize(
    ('value', 'plain'),
    [
        (OrderedDict(a=1), {'a': 1}),
        (ConfigDict(a={'b': (1, 2)}), {'a': {'b': (1, 2)}}),
        (np.float64(0.1), 0.1),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.str_('x'), 'x'),
        (np.array(['a', 'b']), ['a', 'b']),
        (deque([1, 2]), [1, 2]),
        (namedtuple('Point', 'x y')(1, 2), (1, 2)),
        (torch.Size([2, 3]), (2, 3)),
        (Path('a') / 'b.png', str(Path('a') / 'b.png')),
        (Color.RED, 3),
        ({'n': None, 't': True, 'l': [1.5, 'x']}, {'n': None, 't': True, 'l': [1.5, 'x']}),
    ],
)
def test_value_and_exact_type(value, plain):
    result = to_plain(value)
    assert result == plain
    assert type(result) is type(plain)


def test_arrays_become_tensors_of_the_same_values():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    result = to_plain({'a': array})['a']
    assert result.dtype == torch.float32
    assert torch.equal(result, torch.tensor(array.tolist()))
    array[0, 0] = 9  # the copy does not follow
    assert result[0, 0] == 0
    assert to_plain(np.array([1, 2], dtype=np.uint32)).tolist() == [1, 2]


def test_parameter_becomes_a_tensor_and_a_view_leaves_its_storage_behind():
    table = nn.Parameter(torch.arange(1000.0).reshape(100, 10))
    result = to_plain({'row': table[3], 'all': table})
    assert type(result['all']) is torch.Tensor
    assert not result['all'].requires_grad
    assert result['row'].untyped_storage().nbytes() == 10 * 4  # ten floats, not a thousand
    assert torch.equal(result['row'], table[3].detach())


def test_history_goes_there_and_back_with_a_limited_length():
    buffer = HistoryBuffer()
    for value in range(HISTORY_LENGTH + 5):
        buffer.update(float(value), 2)
    restored = history_from_plain(to_plain(buffer))
    assert restored.current() == HISTORY_LENGTH + 4
    assert len(restored.data[0]) == HISTORY_LENGTH
    assert restored.mean(10) == buffer.mean(10)


@pytest.mark.parametrize(
    'value', [object(), {1, 2}, print, 1j, b'x', torch.device('cpu'), {(1, 2): 3}]
)
def test_anything_else_is_refused_with_its_place(value):
    with pytest.raises(TypeError, match=r"state\['deep'\]\[1\]"):
        to_plain({'deep': [0, value]}, 'state')


def test_sparse_tensor_is_refused():
    with pytest.raises(TypeError, match='sparse'):
        to_plain({'w': torch.eye(2).to_sparse()})


def test_same_plain_tells_types_and_values_apart():
    one = {'a': (1, torch.ones(2))}
    assert same_plain(one, {'a': (1, torch.ones(2))})
    for other in (
        {'a': [1, torch.ones(2)]},
        {'a': (1, torch.zeros(2))},
        {'a': (1.0, torch.ones(2))},
        {},
        None,
    ):
        assert not same_plain(one, other)
