"""Whether the parts of a checkpoint are of the kinds that their readers expect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from vamp_mm.messages import cut
from vamp_mm.version import __version__
from vamp_mm.weight_files import CheckpointError

#: Number of the layout of a checkpoint, stored as ``meta['format']``; raised when readers must
#: change.
CHECKPOINT_FORMAT = 1


def check_layout(state: dict[str, Any], path: Path) -> None:
    """Refuse a checkpoint of which a part is of another kind than its readers expect.

    Args:
        state: What the file holds.
        path: The file, for messages.

    Raises:
        CheckpointError: If a part is of the wrong kind or the format is newer than this version.
    """
    for key in ('meta', 'state_dict', 'message_hub'):
        _require(state, key, key, _is_dict, 'a dict', path)
    for name, value in state.get('state_dict', {}).items():
        if not (isinstance(name, str) and isinstance(value, Tensor)):
            _refuse(path, f'state_dict[{cut(repr(name))}]', value, 'a tensor under a name')
    meta = state.get('meta', {})
    _check_meta(meta, path)
    number = meta.get('format', CHECKPOINT_FORMAT)
    if type(number) is not int or number > CHECKPOINT_FORMAT:
        version = meta.get('vamp_mm_version', 'unknown')
        raise CheckpointError(
            f'{path} has format {number!r} (written by vamp_mm {version}); this version '
            f'{__version__} reads formats up to {CHECKPOINT_FORMAT}: upgrade vamp_mm'
        )


def _check_meta(meta: dict[str, Any], path: Path) -> None:
    for key in ('epoch', 'iter'):
        _require(meta, key, f"meta['{key}']", _is_count, 'a whole number from 0', path)
    for key in ('cfg_text', 'cfg', 'config'):
        _require(meta, key, f"meta['{key}']", _is_text, 'a text', path)
    _require(meta, 'settings', "meta['settings']", _is_texts_by_name, 'a dict of texts', path)
    _require(meta, 'original', "meta['original']", _is_dict, 'a dict', path)
    _require(meta, 'dataset_meta', "meta['dataset_meta']", _is_dict, 'a dict', path)
    data = meta.get('dataset_meta') or {}
    where = "meta['dataset_meta']['{}']".format
    _require(data, 'classes', where('classes'), _is_texts, 'a list of class names', path)
    _require(data, 'homonyms', where('homonyms'), _is_texts, 'a list of class names', path)
    _require(
        data, 'templates', where('templates'), lambda value: _is_text(value) or _is_texts(value),
        'a sentence or a list of sentences', path,
    )  # fmt: skip


def _require(
    holder: dict[str, Any],
    key: str,
    where: str,
    fits: Callable[[Any], bool],
    what: str,
    path: Path,
) -> None:
    """What is absent or None is allowed, but not for the three main parts, which are dicts."""
    value = holder.get(key)
    if (key in holder and value is None and '[' not in where) or not (value is None or fits(value)):
        kind_fits = isinstance(value, dict) if what == 'a dict of texts' else 'list' in what
        place, item = (
            _first_wrong(value)
            if kind_fits and isinstance(value, (list, tuple, dict)) and fits(type(value)())
            else ('', value)
        )
        _refuse(path, where + place, item, f'a text, for {where} is {what}' if place else what)


def _first_wrong(value: Any) -> tuple[str, Any]:
    """The first item of a list or dict that is no text, and its place; the value itself if it is of another kind."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, (list, tuple))
        else ()
    )
    for key, item in pairs:
        if not isinstance(item, str):
            return f'[{key!r}]', item
    return '', value


def _refuse(path: Path, where: str, value: Any, what: str) -> None:
    shown = cut(repr(value)) if isinstance(value, (str, int, float, bool)) else ''
    raise CheckpointError(
        f'{path} cannot be used as a checkpoint: its {where} is {shown or "a"} '
        f'{"(" if shown else ""}{type(value).__name__}{")" if shown else ""} and must be {what}; '
        'it is damaged or was written by another program'
    )


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def _is_texts_by_name(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(text, str) for name, text in value.items()
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0
