"""Torch archives: what they claim is checked against what they hold, and nothing in them runs."""

from __future__ import annotations

import argparse
import builtins
import os
import zipfile
from pathlib import Path

import pytest
import torch
from archives import FOUR_ZEROS, tensor_pickle, write_archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vamp_mm.weight_files import CheckpointError, archive, read_archive, read_weights

_DTYPES = (
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.bool,
    torch.complex64,
    torch.float8_e4m3fn,
)


@pytest.mark.parametrize('protocol', [2, 3, 4, 5])
@pytest.mark.parametrize('dtype', _DTYPES, ids=str)
def test_what_torch_writes_is_read_bit_for_bit(
    tmp_path: Path, dtype: torch.dtype, protocol: int
) -> None:
    base = torch.arange(24.0).reshape(2, 3, 4).to(dtype)
    views = {
        'whole': base,
        'turned': base.transpose(0, 2),
        'part': base[1, :, 1:3],
        'scalar': base[0, 0, 3],
        'empty': base[:0],
        'parameter': torch.nn.Parameter(base, requires_grad=False),
    }
    torch.save(views, tmp_path / 'a.pt', pickle_protocol=protocol)
    read = read_archive(tmp_path / 'a.pt').value
    assert read.keys() == views.keys()
    for name, value in views.items():
        assert read[name].dtype == dtype
        assert read[name].shape == value.shape
        assert read[name].flatten().tolist() == value.detach().flatten().tolist()
    assert read['whole'].data_ptr() == read['turned'].data_ptr()


CLAIMS = {
    'more than the record': (
        dict(count=2**40, size=(2**40,)),
        'is said to hold 4,398,046,511,104 bytes and holds 16',
    ),
    'one value repeated': (dict(size=(2**40,), stride=(0,)), 'reaches beyond the 4 values'),
    'steps outside': (dict(stride=(1000,)), 'reaches beyond the 4 values'),
    'starts outside': (dict(offset=1), 'reaches beyond the 4 values'),
    'negative size': (dict(size=(-4,)), 'size or stride that is not a count'),
    'negative stride': (dict(stride=(-1,)), 'size or stride that is not a count'),
    'other type': (dict(storage='DoubleStorage'), 'is said to hold 32 bytes and holds 16'),
    'unknown type': (dict(storage='QInt8Storage'), 'pickles torch.QInt8Storage'),
    'no such record': (dict(key='../1'), r'archive/data/\.\./1 is missing'),
}


@pytest.mark.parametrize('claim', CLAIMS)
def test_tensors_that_claim_what_the_file_does_not_hold(tmp_path: Path, claim: str) -> None:
    numbers, told = CLAIMS[claim]
    file = write_archive(tmp_path / 'a.pt', tensor_pickle(**numbers), FOUR_ZEROS)
    with pytest.raises(CheckpointError, match=told):
        read_archive(file)
    assert (
        read_archive(write_archive(tmp_path / 'b.pt', tensor_pickle(), FOUR_ZEROS))
        .value['w']
        .tolist()
        == [0.0] * 4
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    numbers=st.fixed_dictionaries(
        dict(
            count=st.integers(-1, 9),
            offset=st.integers(-1, 9),
            size=st.tuples(st.integers(-1, 5), st.integers(-1, 5)),
            stride=st.tuples(st.integers(-1, 5), st.integers(-1, 5)),
        )
    )
)
def test_a_tensor_is_inside_its_storage_or_refused(tmp_path: Path, numbers: dict) -> None:
    file = write_archive(tmp_path / 'a.pt', tensor_pickle(**numbers), {'0': bytes(range(16))})
    values = torch.frombuffer(bytearray(range(16)), dtype=torch.float32)
    try:
        read = read_archive(file).value['w']
    except CheckpointError:
        return
    (rows, columns), (down, right) = numbers['size'], numbers['stride']
    expected = [
        values[numbers['offset'] + i * down + j * right].item()
        for i in range(rows)
        for j in range(columns)
    ]
    assert read.flatten().tolist() == expected


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.floats(0, 1), bits=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_file_is_refused_or_gives_the_same_tensors(
    tmp_path: Path, where: float, bits: int, cut: bool
) -> None:
    state = {'a': torch.arange(5.0), 'b.c': torch.ones(2, 3, dtype=torch.int64)}
    torch.save({'state_dict': state, 'epoch': 3}, tmp_path / 'whole.pt')
    data = bytearray((tmp_path / 'whole.pt').read_bytes())
    place = min(int(where * len(data)), len(data) - 1)
    data[place] ^= bits
    (tmp_path / 'damaged.pt').write_bytes(data[:place] if cut else data)
    try:
        read = read_weights(tmp_path / 'damaged.pt').tensors
    except CheckpointError:
        return
    assert read.keys() == state.keys()
    assert all(torch.equal(read[name], value) for name, value in state.items())


BOMBS = {
    'a long pickle': lambda path: _deflated(path, {'archive/data.pkl': b'\0' * (2**24 + 1)}),
    'long code': lambda path: _deflated(
        path, {'archive/constants.pkl': b'', 'archive/code/a.py': b' ' * (2**24 + 1)}
    ),
    'long storage': lambda path: _deflated(
        path, {'archive/data.pkl': tensor_pickle(), 'archive/data/0': b'\0' * (2**24 + 1)}
    ),
}


@pytest.mark.parametrize('bomb', BOMBS)
def test_records_that_grow_when_unpacked(tmp_path: Path, bomb: str) -> None:
    BOMBS[bomb](tmp_path / 'bomb.pt')
    assert (tmp_path / 'bomb.pt').stat().st_size < 2**16
    with pytest.raises(CheckpointError, match=r'of 16,777,[0-9]{3} bytes; the limit is 16,777,216'):
        read_weights(tmp_path / 'bomb.pt')


def _deflated(path: Path, records: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, data in records.items():
            archive.writestr(name, data)


_DOUBLED = b'\x80\x02]q\x00' + b''.join(
    b'0]q' + bytes([i + 1]) + b'(h' + bytes([i]) + b'h' + bytes([i]) + b'e' for i in range(99)
)
PICKLES = {
    'nested deep': (b'\x80\x02' + b']' * 5000 + b'a' * 4999 + b'.', 'nested more than 100 deep'),
    'in a circle': (b'\x80\x02]q\x00h\x00a.', 'refers to itself'),
    'doubled 99 times': (_DOUBLED + b'.', 'holds a list, not the weights'),
    'a far memo': (b'\x80\x02}r\xff\xff\xff\x7f.', 'numbers an object 2,147,483,647; the limit is'),
    'a long number': (b'\x80\x02L' + b'9' * 5000 + b'L\n.', 'cannot be read'),
    'no pickle': (b'\xff\xfe', 'cannot be read'),
    'cut off': (b'\x80\x02}(', 'cannot be read'),
    'changes a function': (
        b'\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00ai\x01b.',
        'cannot be read',
    ),
    'leaves Python': (b'\x80\x02cbuiltins\nexit\n)R.', r'pickles builtins\.exit'),
    'a storage only': (
        b'\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ.',
        'holds a StorageRecord',
    ),
}


@pytest.mark.parametrize('kind', PICKLES)
def test_pickles_that_torch_never_writes(tmp_path: Path, kind: str) -> None:
    data, told = PICKLES[kind]
    with pytest.raises(CheckpointError, match=told):
        read_weights(write_archive(tmp_path / 'a.pt', data, FOUR_ZEROS))


def test_another_byte_order_is_refused(tmp_path: Path) -> None:
    file = write_archive(tmp_path / 'a.pt', tensor_pickle(), FOUR_ZEROS, byteorder=b'big')
    with pytest.raises(
        CheckpointError, match="written with byte order 'big', and this machine has 'little'"
    ):
        read_archive(file)


class _Harm:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path, how: object) -> None:
        self.call = (
            (how, (str(folder),))
            if how is os.mkdir
            else (how, (f'import os; os.mkdir({str(folder)!r})',))
        )

    def __reduce__(self) -> tuple:
        return self.call


@pytest.mark.parametrize('how', [os.mkdir, os.system, builtins.exec, builtins.eval], ids=str)
@pytest.mark.parametrize('place', ['beside', 'among'])
def test_code_in_a_file_is_named_and_not_run(tmp_path: Path, how: object, place: str) -> None:
    harm, weights = _Harm(tmp_path / 'done', how), {'w': torch.ones(2)}
    torch.save(
        {'state_dict': weights, 'args': harm} if place == 'beside' else {**weights, 'x': harm},
        tmp_path / 'a.pt',
    )
    with pytest.raises(
        CheckpointError, match=f'pickles .*{how.__name__}.*Nothing of it was executed'
    ):
        read_weights(tmp_path / 'a.pt')
    assert not (tmp_path / 'done').exists()


def test_settings_beside_the_weights_are_passed_over_and_named(tmp_path: Path) -> None:
    torch.save(
        {'state_dict': {'w': torch.ones(2)}, 'args': argparse.Namespace(lr=1), 'path': tmp_path},
        tmp_path / 'a.pt',
    )
    weights = read_weights(tmp_path / 'a.pt')
    assert weights.tensors['w'].tolist() == [1, 1]
    assert 'argparse.Namespace' in weights.notes[0]
    with pytest.raises(CheckpointError, match=r'pickles argparse\.Namespace'):
        read_archive(tmp_path / 'a.pt')


@pytest.mark.parametrize('step', [b'N', b')', b']', b'N\x85', b'K\x01'])
def test_more_steps_than_tensors_need_are_refused_before_any_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: bytes
) -> None:
    monkeypatch.setattr(archive.SafeUnpickler, 'load', lambda self: pytest.fail('it was unpickled'))
    write_archive(tmp_path / 'a.pt', b'\x80\x02(' + step * 500_001 + b't.')
    with pytest.raises(CheckpointError, match='its pickle has more than 500,000 steps, the limit'):
        read_archive(tmp_path / 'a.pt')
