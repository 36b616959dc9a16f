"""Checkpoints of the original implementations into ours, and back."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vamp_mm.engine import CheckpointError, load_checkpoint, save_checkpoint
from vamp_mm.messages import some
from vamp_mm.runs.new_file import require_new, write_new

from . import Link, Original, original_named
from .reading import read_original

#: How names of learned tokens end that lie among the frozen weights of the towers.
_TOKENS = ('.VPT', '.VPT_shallow')


@dataclass(frozen=True)
class Imported:
    """What became of the tensors of an original's checkpoint.

    Args:
        state: Our state dict.
        used: The original's names that went into it.
        class_bound: Names of what belongs to the class names of the training, dropped.
        left: Names of all else: frozen CLIP, and weights that the original never uses.
        epoch: Epoch that the file was written in.
        settings: Config keys that follow from the shapes.
    """

    state: Mapping[str, Tensor]
    used: tuple[str, ...]
    class_bound: tuple[str, ...]
    left: tuple[str, ...]
    epoch: int | None
    settings: Mapping[str, Any]


def import_original(method: str, file: str | Path, out: str | Path | None = None) -> Imported:
    """Convert a checkpoint of an original into ours.

    Args:
        method: Name of the original, such as ``'coop'``.
        file: Its checkpoint in Dassl's layout.
        out: Where ours is written; None writes nothing.

    Returns:
        What was used and what was left.

    Raises:
        ValueError: If the method is not known.
        CheckpointError: If the file cannot be read safely, or lacks tensors of the method.
    """
    original = original_named(method)
    tensors, epoch = read_original(file)
    bound = tuple(name for name in tensors if name.rsplit('.', 1)[-1] in original.class_bound)
    tensors = {name: value for name, value in tensors.items() if name not in bound}
    links = _links(original, method, file, tensors)
    used = tuple(name for link in links for name in link.names)
    left = tuple(name for name in tensors if name not in used)
    strange = [
        name for name in left if not name.startswith(original.clutter) or name.endswith(_TOKENS)
    ]
    if strange:
        raise CheckpointError(
            f'{file} also holds {some(strange, most=5)}, which {method} does not have: it was trained with '
            'another method; give the name of that one'
        )
    state, settings = _gathered(original, links, tensors, method, file)
    state |= {name: torch.tensor(0) for name in original.counters(state)}
    result = Imported(state, used, bound, left, epoch, settings)
    if out is not None:
        save_checkpoint(
            {'state_dict': state, 'meta': {'original': _record(result, method, file)}}, out
        )
    return result


def _links(
    original: Original, method: str, file: str | Path, tensors: Mapping[str, Tensor]
) -> Sequence[Link]:
    """From the tensors of a file to ours; a file of another method is an error."""
    try:
        links = original.links(list(tensors))
    except KeyError as error:
        raise CheckpointError(_other_method(method, file, [str(error)])) from error
    missing = [name for link in links for name in link.names if name not in tensors]
    if missing or not links:
        raise CheckpointError(
            _other_method(method, file, missing or ['every tensor of the method'])
        )
    return links


def _gathered(
    original: Original,
    links: Sequence[Link],
    tensors: Mapping[str, Tensor],
    method: str,
    file: str | Path,
) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """Our state dict, and the config keys that follow from its shapes; sizes and values that cannot be are an error."""
    try:
        state = {link.own: link.gather(tensors).contiguous().clone() for link in links}
        settings = original.settings(state)
    except (RuntimeError, IndexError, ValueError) as error:  # sizes that do not go together
        raise CheckpointError(
            f'{file} is not a checkpoint of {method}: its tensors have other shapes than this method saves '
            f'({error}). Name the method that it was trained with'
        ) from error
    broken = [link.names[0] for link in links if not _is_learned(state[link.own])]
    if broken:
        raise CheckpointError(
            f'{file} holds {some(broken, most=5)} without numbers that training could have left (empty, no '
            'floating-point numbers, NaN or infinite); the training went wrong, or the file is damaged'
        )
    return state, settings


def _is_learned(value: torch.Tensor) -> bool:
    return value.is_floating_point() and value.numel() > 0 and bool(value.isfinite().all())


def export_original(method: str, checkpoint: str | Path, out: str | Path) -> tuple[str, ...]:
    """Write the learnables of one of our checkpoints in the layout that the original loads.

    Args:
        method: Name of the original.
        checkpoint: Ours.
        out: Where it goes; originals look for ``<name>/model.pth.tar-<epoch>``.

    Returns:
        The original's names.

    Raises:
        ValueError: If the method is not known.
        CheckpointError: If the checkpoint is not of this method.
        WorkDirError: If the file is there already, or cannot be written.
    """
    path = require_new(out)
    original = original_named(method)
    stored = load_checkpoint(checkpoint)
    state = stored.get('state_dict', {})
    links = original.links(original.names(state))
    missing = [link.own for link in links if link.own not in state]
    if missing or not links:
        raise CheckpointError(
            _other_method(method, checkpoint, missing or ['every tensor of the method'])
        )
    theirs: dict[str, Tensor] = {}
    for link in links:
        theirs |= {
            name: value.contiguous().clone()
            for name, value in link.scatter(state[link.own]).items()
        }
    epoch = stored.get('meta', {}).get('epoch') or stored.get('meta', {}).get('original', {}).get(
        'epoch'
    )
    buffer = io.BytesIO()
    torch.save(
        {
            'state_dict': theirs,
            'epoch': epoch,
            'optimizer': None,
            'scheduler': None,
            'val_result': None,
        },
        buffer,
    )
    write_new(buffer.getvalue(), path)
    return tuple(theirs)


def _record(result: Imported, method: str, file: str | Path) -> dict[str, Any]:
    return dict(
        method=method,
        file=Path(file).name,
        epoch=result.epoch,
        used=list(result.used),
        left=list(result.left),
    )


def _other_method(method: str, file: str | Path, missing: Sequence[str]) -> str:
    return (
        f'{file} is not a checkpoint of {method}: {some(missing, most=5)} missing. Name the method that it was '
        'trained with'
    )
