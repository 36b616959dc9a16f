"""Local files that the config inside a checkpoint names."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from vamp_mm.datasets.image_files import require_regular
from vamp_mm.engine import CheckpointError

#: Keys of a model whose values may be files and folders.
_KEYS = ('arch', 'pretrained', 'cache_dir')
#: Extensions by which a value without a folder is recognised as a file.
_ENDINGS = ('.json', '.pt', '.pth', '.bin', '.safetensors', '.ckpt', '.tar')


def named_files(model: Mapping[str, Any], given: Collection[str], source: str) -> list[str]:
    """List the local files that a stored model would be built from. Nothing is opened.

    A checkpoint may come from anyone, and a run with weights from a local file names that file. It is read only if it is a
    regular file on this computer, and the caller reports it.

    Args:
        model: The model's config.
        given: Dotted keys that the user has set.
        source: The checkpoint, for messages.

    Returns:
        One clause each, such as ``model.backbone.pretrained='/weights/ViT-B-16.pt'``.

    Raises:
        CheckpointError: If one is on another computer, or is a FIFO, a device or a folder.
    """
    found = []
    for dotted, value in _values(model, 'model'):
        if dotted in given or not _is_local(value):
            continue
        file = value.rsplit('@', 1)[-1]  # tag@file
        fault = _fault(file, folder=dotted.endswith('.cache_dir'))
        if fault:
            raise CheckpointError(
                f'the config in {source} is not used: {dotted}={value!r} {fault}. Set it to the right '
                f'file (--cfg-options {dotted}=/path/to/the/file)'
            )
        found.append(f'{dotted}={value!r}')
    return found


def _values(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in _KEYS and isinstance(item, str):
                yield f'{path}.{key}', item
            yield from _values(item, f'{path}.{key}')
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _values(item, f'{path}.{index}')


def _is_local(value: str) -> bool:
    named = any(sign in value for sign in '/\\~') or value.lower().endswith(_ENDINGS)
    return named or os.path.exists(value)


def _fault(file: str, folder: bool) -> str:
    if '://' in file or file.startswith(('//', '\\\\')):
        return 'is on another computer'
    path = os.path.expanduser(file)
    if not os.path.exists(path):
        return ''  # reported where it is read
    if folder:
        return '' if os.path.isdir(path) else 'is not a folder'
    try:
        require_regular(path)
    except OSError as error:
        return f'is {error}'
    return ''
