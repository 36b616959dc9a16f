"""Files that are no weights: one sentence says what they are."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save, save_file

from vamp_mm.weight_files import CheckpointError, read_weights

_STATE = {'w': torch.arange(6.0).reshape(2, 3)}


def _torch() -> bytes:
    buffer = io.BytesIO()
    torch.save(_STATE, buffer)
    return buffer.getvalue()


def _saved(write: object, *values: object, **named: object) -> bytes:
    buffer = io.BytesIO()
    write(buffer, *values, **named)
    return buffer.getvalue()


def _zip(names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as archive:
        for name in names:
            archive.writestr(name, 'x')
    return buffer.getvalue()


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as archive:
        archive.addfile(tarfile.TarInfo('a'))
    return buffer.getvalue()


def _legacy() -> bytes:
    buffer = io.BytesIO()
    torch.save(_STATE, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


_POINTER = b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 598641023\n'
FILES = {
    'empty.pt': (b'', 'is empty'),
    'lfs.pt': (_POINTER, 'is a git-lfs pointer'),
    'lfs.safetensors': (_POINTER, 'is a git-lfs pointer'),
    'page.pt': (b'\n <!DOCTYPE html><html>', 'is a web page'),
    'Page.bin': (b'<HTML><head>', 'is a web page'),
    'denied.pt': (
        b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>',
        'is a web page or an error message of a server',
    ),
    'text.pt': (b'Not found\n', "is a text file that begins with 'Not found'"),
    'index.json': (
        b'{"metadata": {}, "weight_map": {}}',
        'is the index of weights split into several files',
    ),
    'config.pt': (b'{"model_type": "clip"}', 'is a JSON text'),
    'cut.pt': (_torch()[:300], 'table of contents, which stands at the end.*truncated'),
    'zeros.pt': (b'\0' * 99, 'begin with zeros'),
    'old.pt': (_legacy(), 'format of torch before 1.6'),
    'a.pkl': (pickle.dumps({'a': 1}), 'is a bare Python pickle'),
    'a.npy': (_saved(np.save, np.ones(2)), 'is a NumPy array'),
    'a.npz': (_saved(np.savez, a=np.ones(2)), r'is a NumPy archive \(\.npz\) of 1 arrays'),
    'a.zip': (_zip(['readme.txt']), 'is a zip archive without weights .*readme.txt'),
    'a.tar': (_tar(), 'is a tar archive'),
    'a.gz': (gzip.compress(b'a'), 'is a gzip archive'),
    'a.gguf': (b'GGUF' + b'\0' * 20, 'is a GGUF file'),
    'a.onnx': (b'\x08\x07\x12\x07pytorch' + b'\x01' * 20, 'is an ONNX model'),
    'a.h5': (b'\x89HDF\r\n\x1a\n' + b'\0' * 20, 'is an HDF5 file'),
    'a.png': (b'\x89PNG\r\n', 'is a PNG picture'),
    'noise.pt': (bytes(range(200, 256)), 'is no weight file known here'),
    'header.safetensors': (
        struct.pack('<Q', 2**60) + b'{"a":1}',
        'table of contents of 1,152,921,504,606,846,976 bytes; the limit',
    ),
    'cut.safetensors': (save(_STATE)[:-4], r'is truncated: its tensors need \d+ bytes'),
    'words.safetensors': (struct.pack('<Q', 4) + b'{abc', 'is no JSON'),
    'kind.safetensors': (struct.pack('<Q', 7) + b'{"a":5}', "gives no size for 'a'"),
    'deep.safetensors': (struct.pack('<Q', 50001) + b'{' + b'[' * 50000, 'is no JSON'),
}


@pytest.mark.parametrize('name', FILES)
def test_one_sentence_says_what_the_file_is(tmp_path: Path, name: str) -> None:
    data, told = FILES[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CheckpointError, match=f'{name}.* {told}') as caught:
        read_weights(tmp_path / name)
    assert '\n' not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_a_claim_of_tensors_is_checked_before_they_are_read(tmp_path: Path) -> None:
    header = json.dumps(
        {'w': {'dtype': 'F32', 'shape': [2**40], 'data_offsets': [0, 2**42]}}
    ).encode()
    (tmp_path / 'a.safetensors').write_bytes(struct.pack('<Q', len(header)) + header)
    with pytest.raises(CheckpointError, match='its tensors need 4,398,046,511'):
        read_weights(tmp_path / 'a.safetensors')


def test_the_ending_of_a_name_does_not_matter(tmp_path: Path) -> None:
    save_file(_STATE, tmp_path / 'a.bin')
    torch.save(_STATE, tmp_path / 'a.safetensors')
    for name in ('a.bin', 'a.safetensors'):
        assert torch.equal(read_weights(tmp_path / name).tensors['w'], _STATE['w'])


def test_folders_and_pipes(tmp_path: Path) -> None:
    (tmp_path / 'model').mkdir()
    (tmp_path / 'model' / 'a.pt').touch()
    with pytest.raises(CheckpointError, match=r'is a folder; name one of the files in it: a\.pt'):
        read_weights(tmp_path / 'model')
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(CheckpointError, match='no regular file'):
        read_weights(tmp_path / 'pipe')
    with pytest.raises(FileNotFoundError):
        read_weights(tmp_path / 'none')
