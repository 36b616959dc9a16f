"""What a file is, by its first bytes: its ending says little, and people rename files."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

from vamp_mm.messages import some

from .errors import CheckpointError

#: Kinds that can be read; the others come as a sentence.
TORCH, TORCHSCRIPT, LEGACY, SAFETENSORS = 'torch', 'torchscript', 'legacy torch', 'safetensors'
_HEAD = 4096
#: ``torch.save`` before version 1.6 begins with this number, pickled.
_LEGACY_MAGIC = b'\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'
_DOWNLOAD = 'download the file itself'
_UNPACK = 'unpack it and give the weight file inside'
_OTHER_FORMAT = 'export the weights as safetensors or with torch.save(model.state_dict(), ...)'

#: First bytes -> what such a file is, and what to do.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (
        b'version https://git-lfs',
        'a git-lfs pointer and not the weights',
        "run 'git lfs pull' in its repository, or " + _DOWNLOAD,
    ),
    (b'\x93NUMPY', 'a NumPy array', _OTHER_FORMAT),
    (b'GGUF', 'a GGUF file of llama.cpp', _OTHER_FORMAT),
    (b'\x89HDF\r\n\x1a\n', 'an HDF5 file (Keras)', _OTHER_FORMAT),
    (b'\x1f\x8b', 'a gzip archive', _UNPACK),
    (b'BZh', 'a bzip2 archive', _UNPACK),
    (b'\xfd7zXZ\x00', 'an xz archive', _UNPACK),
    (b'\x28\xb5\x2f\xfd', 'a zstd archive', _UNPACK),
    (b'7z\xbc\xaf\x27\x1c', 'a 7z archive', _UNPACK),
    (b'Rar!', 'a rar archive', _UNPACK),
    (b'\x89PNG', 'a PNG picture', 'give the weight file'),
    (b'\xff\xd8\xff', 'a JPEG picture', 'give the weight file'),
    (b'%PDF', 'a PDF', 'give the weight file'),
)


def kind_of(path: Path) -> str:
    """Find out what a weight file is.

    Args:
        path: A local file.

    Returns:
        ``TORCH``, ``TORCHSCRIPT``, ``LEGACY`` or ``SAFETENSORS``.

    Raises:
        FileNotFoundError: If there is nothing at this path.
        CheckpointError: If the file is anything else, in one sentence that says what it is.
    """
    head, size = _head(path)
    if size == 0:
        raise _refused(
            path,
            'empty (0 bytes)',
            f'the download or the copy was cut off (truncated); {_DOWNLOAD} again',
        )
    if head.startswith(_LEGACY_MAGIC):
        return LEGACY
    if head.startswith(b'PK'):
        return _kind_of_zip(path, size)
    if len(head) > 8 and head[8:9] == b'{':
        return SAFETENSORS
    for signature, what, advice in _SIGNATURES:
        if head.startswith(signature):
            raise _refused(path, what, advice)
    raise _refused(path, *_other(path, head, size))


def shown(path: Path) -> str:
    """A path with its size, as messages show it."""
    return f'{path} ({path.stat().st_size:,} bytes)'


def _head(path: Path) -> tuple[bytes, int]:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _refused(path, 'a folder', _weights_in(path))
        if not stat.S_ISREG(mode):
            raise _refused(
                path, 'no regular file (a pipe, a socket or a device)', 'give the weight file'
            )
        with path.open('rb') as file:
            return file.read(_HEAD), path.stat().st_size
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CheckpointError(f'{path} cannot be opened: {error.strerror or error}') from error


def _weights_in(folder: Path) -> str:
    found = sorted(
        item.name
        for item in folder.iterdir()
        if item.suffix in ('.pt', '.pth', '.bin', '.ckpt', '.safetensors') and item.is_file()
    )
    if (folder / 'open_clip_config.json').is_file():
        return f"set arch='local-dir:{folder}' and leave out pretrained"
    return (
        f'name one of the files in it: {some(found, most=8)}'
        if found
        else 'it holds no weight file'
    )


def _kind_of_zip(path: Path, size: int) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.rsplit('/', 1)[-1] for name in archive.namelist()}
            first = archive.namelist()[:3]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise _refused(
            path,
            f'the beginning of a torch or zip archive ({size:,} bytes) without its table of contents, '
            'which '
            'stands at the end',
            f'the download or the copy was cut off (truncated); {_DOWNLOAD} again',
        ) from error
    if 'constants.pkl' in names:
        return TORCHSCRIPT
    if 'data.pkl' in names:
        return TORCH
    if names and all(name.endswith('.npy') for name in names):
        raise _refused(path, f'a NumPy archive (.npz) of {len(names)} arrays', _OTHER_FORMAT)
    raise _refused(
        path,
        f'a zip archive without weights (0 data.pkl; it holds {", ".join(first) or "nothing"})',
        _UNPACK,
    )


def _other(path: Path, head: bytes, size: int) -> tuple[str, str]:
    start = head.lstrip(b'\xef\xbb\xbf \t\r\n')
    checks: tuple[tuple[Callable[[], bool], str, str], ...] = (
        (lambda: re.match(rb'(?i)<!doctype|<html|<head|<\?xml|<error', start) is not None,
         'a web page or an error message of a server, not the weights', f'open its address in a browser, and {_DOWNLOAD}'),
        (lambda: start[:1] == b'{' and b'weight_map' in head, 'the index of weights split into several files',
         'join them into one file'),
        (lambda: start[:1] in (b'{', b'['), f'a JSON text that begins with {_text(start)!r}',
         'it belongs into arch if it is an architecture; give the weight file'),
        (lambda: head[257:262] == b'ustar', 'a tar archive', _UNPACK),
        (lambda: path.suffix == '.onnx' or (head[:1] == b'\x08' and (b'pytorch' in head or b'onnx' in head)), 'an ONNX '
                                                                                                              'model',
         _OTHER_FORMAT),
        (lambda: head[4:8] == b'TFL3', 'a TensorFlow Lite model', _OTHER_FORMAT),
        (lambda: path.suffix in ('.msgpack', '.h5', '.tflite', '.engine', '.mlmodel'), f'a {path.suffix} '
                                                                                       'file', _OTHER_FORMAT),
        (lambda: not head.strip(b'\0'), f'{size:,} bytes that begin with zeros, as unfinished downloads leave them',
         f'{_DOWNLOAD} again'),
        (lambda: head[:1] == b'\x80' and len(head) > 1 and 2 <= head[1] <= 5,
         'a bare Python pickle, which only running code from it could read', 'store its tensors with torch.save; nothing '
                                                                             'of it '
         'was executed'),
        (lambda: _is_text(head), f'a text file that begins with {_text(start)!r}', 'give the weight file'),
    )  # fmt: skip
    for matches, what, advice in checks:
        if matches():
            return what, advice
    return f'no weight file known here (it begins with the bytes {head[:8].hex(" ")})', (
        'readable are files of torch.save, TorchScript archives and safetensors; it may be truncated or damaged'
    )


def _is_text(head: bytes) -> bool:
    try:
        return (
            head[:200].decode('ascii').isprintable()
            or head[:200]
            .decode('ascii')
            .replace('\n', ' ')
            .replace('\r', ' ')
            .replace('\t', ' ')
            .isprintable()
        )
    except UnicodeDecodeError:
        return False


def _text(start: bytes) -> str:
    return start[:40].decode('ascii', 'replace').splitlines()[0] if start else ''


def _refused(path: Path, what: str, advice: str) -> CheckpointError:
    return CheckpointError(f'{path} is {what}; {advice}')
