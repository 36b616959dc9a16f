"""Where the weights are in a file, and what they are compared with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from vamp_mm.weight_files import (
    CheckpointError,
    differences,
    find_state_dict,
    read_weights,
    without_wrappers,
)

_STATE = {'a.weight': torch.ones(2), 'b': torch.zeros(())}


@pytest.mark.parametrize(
    'content',
    [
        _STATE,
        {'state_dict': _STATE, 'epoch': 3},
        {'model_state_dict': _STATE, 'optimizer': {'state': {}}},
        {'model': _STATE},
        {'model': {'state_dict': _STATE}},
        {'module': _STATE},
        {'something': _STATE},
        {'ema': _STATE},
    ],
)
def test_the_weights_are_found(content: dict) -> None:
    assert find_state_dict(content, Path('a.pt')) == (_STATE, '')


def test_tensors_of_something_else_beside_them_are_named() -> None:
    state, note = find_state_dict(
        {'model': _STATE, 'statistics': {'mean': torch.ones(3)}}, Path('a.pt')
    )
    assert state is _STATE
    assert note == "a.pt: the weights under 'model' are used, not those under 'statistics'"


@pytest.mark.parametrize(
    ('other', 'prefix'),
    [('model_ema', ''), ('ema_state_dict', 'ema.'), ('best', ''), ('last', 'module.')],
)
def test_a_second_set_of_the_same_weights_is_refused(other: str, prefix: str) -> None:
    content = {'model': _STATE, other: {prefix + name: value for name, value in _STATE.items()}}
    with pytest.raises(CheckpointError) as error:
        find_state_dict(content, Path('a.pt'))
    assert str(error.value) == (
        f"a.pt holds several sets of weights ('model', '{other}'), and nothing says which is meant: store that one in a file "
        f"of its own, for example torch.save(torch.load('a.pt', map_location='cpu')['{other}'], 'own.pt')"
    )


def test_keys_that_are_no_text_are_named_once(tmp_path: Path) -> None:
    torch.save({str(i).encode(): torch.ones(1) for i in range(20)}, tmp_path / 'a.pt')
    with pytest.raises(CheckpointError) as error:
        read_weights(tmp_path / 'a.pt')
    assert str(error.value) == (
        f'{tmp_path / "a.pt"} holds among its weights 20 without a name (keys that are pickled '
        '_codecs.encode); store its state_dict(), whose keys are texts, with torch.save'
    )
    with pytest.raises(
        CheckpointError, match=r'2 without a name \(the keys 1 \(int\), 2 \(int\)\)'
    ):
        find_state_dict({1: torch.ones(1), 2: torch.ones(1)}, Path('a.pt'))


def test_long_names_are_cut() -> None:
    with pytest.raises(CheckpointError) as error:
        find_state_dict({'state_dict': {**_STATE, 'x' * 9000: [1]}}, Path('a.pt'))
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(('content', 'told'), [
    ([1], 'holds a list'), (5, 'holds a int'), (torch.ones(2), r'holds one tensor of shape \(2,\)'), ({}, 'an empty dict'),
    ({'optimizer': {}, 'epoch': 2}, r"holds no weights; it holds 'optimizer' \(dict\), 'epoch' \(int\)"),
    ({'model': _STATE, 'network': _STATE}, "several sets of weights .'model', 'network'"),
    ({'generator': _STATE, 'critic': _STATE}, "several sets of weights .'generator', 'critic'"),
    ({**_STATE, 'epoch': 3}, r"among its weights 'epoch' \(int\)"),
    ({'state_dict': {**_STATE, 'x': [1]}}, r"among its weights 'x' \(list\)"),
    ({'state_dict': _STATE, 'meta': {'vamp_mm_version': '0'}}, 'is a checkpoint of vamp_mm'),
])  # fmt: skip
def test_anything_else_is_named(content: object, told: str) -> None:
    with pytest.raises(CheckpointError, match=f'^a.pt .*{told}'):
        find_state_dict(content, Path('a.pt'))


def test_a_whole_model_is_named_by_its_class(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(1, 1), tmp_path / 'a.pt')
    with pytest.raises(
        CheckpointError, match=r'a whole Python object \(torch\.nn\.modules\.linear\.Linear\)'
    ):
        read_weights(tmp_path / 'a.pt')


def test_wrappers_are_removed_and_never_merge_two_values() -> None:
    assert without_wrappers(
        {'module._orig_mod.a': 1, '_orig_mod.module.b': 2, 'modules.c': 3}, 'x'
    ) == {'a': 1, 'b': 2, 'modules.c': 3}
    for twice in ({'a': 1, 'module.a': 2}, {'module.a': 1, '_orig_mod.a': 2}):
        with pytest.raises(CheckpointError, match='two values of one weight'):
            without_wrappers(twice, 'x')


@pytest.mark.parametrize(
    'dtype', [torch.int64, torch.uint8, torch.bool, torch.complex64, torch.float8_e4m3fn]
)
def test_other_kinds_of_number_differ(dtype: torch.dtype) -> None:
    name = str(dtype).removeprefix('torch.')
    assert differences({'a': torch.ones(2)}, {'a': torch.ones(2).to(dtype)}) == (
        f'1 of another kind of number: a {name} instead of float32'
    )
    assert differences({'a': torch.ones(2).to(dtype)}, {'a': torch.ones(2)}).endswith(
        f'a float32 instead of {name}'
    )


@pytest.mark.parametrize(
    ('own', 'given'),
    [
        (torch.float32, torch.float16),
        (torch.float32, torch.bfloat16),
        (torch.float32, torch.float64),
        (torch.int64, torch.int32),
        (torch.bool, torch.bool),
    ],
)
def test_the_same_kind_of_number_fits(own: torch.dtype, given: torch.dtype) -> None:
    assert differences({'a': torch.ones(2, dtype=own)}, {'a': torch.ones(2, dtype=given)}) == ''
