"""Torch archives written by hand, with whatever their pickle claims."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

FOUR_ZEROS = {'0': b'\0' * 16}


def write_archive(
    path: Path, pickled: bytes, records: dict[str, bytes] | None = None, **others: bytes
) -> Path:
    """An archive with this ``data.pkl`` and these storages."""
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('archive/data.pkl', pickled)
        for key, data in (records or {}).items():
            archive.writestr(f'archive/data/{key}', data)
        for name, data in others.items():
            archive.writestr(f'archive/{name}', data)
    return path


def tensor_pickle(
    count: int = 4,
    size: tuple[int, ...] = (4,),
    stride: tuple[int, ...] = (1,),
    offset: int = 0,
    storage: str = 'FloatStorage',
    key: str = '0',
) -> bytes:
    """The pickle of ``{'w': tensor}`` with any numbers in it."""
    pieces = [
        b'\x80\x02}',
        _text('w'),
        b'ctorch._utils\n_rebuild_tensor_v2\n((',
        _text('storage'),
        f'ctorch\n{storage}\n'.encode(),
        _text(key),
        _text('cpu'),
        _number(count),
        b'tQ',
        _number(offset),
        _numbers(size),
        _numbers(stride),
        b'\x89}tRs.',
    ]
    return b''.join(pieces)


def _text(text: str) -> bytes:
    return b'X' + struct.pack('<I', len(text)) + text.encode()


def _number(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, 'little', signed=True)
    return b'\x8a' + bytes([len(data)]) + data


def _numbers(values: tuple[int, ...]) -> bytes:
    return b'(' + b''.join(map(_number, values)) + b't'
