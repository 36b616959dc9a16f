"""What a checkpoint on the page was trained on: its CLIP and its class names, read without building a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vamp_mm.prediction.checkpoint import read_checkpoint

from .examples import NAMES
from .offers import Offer

#: More names than this are not listed in the field; left empty, it means them all.
_MOST_NAMES = 60


def first_names(offer: Offer) -> str:
    """What the field of the class names holds when a model is chosen.

    Args:
        offer: The model.

    Returns:
        The classes of the training; empty, which means them all, where they are many or not recorded. For the embedded
        CLIP names of drawn icons.
    """
    if offer.embedded:
        return written(NAMES)
    names = () if offer.checkpoint is None else _read(offer.checkpoint)[1]
    return written(names) if len(names) <= _MOST_NAMES else ''


def written(names: Sequence[str]) -> str:
    """Class names as they are typed (:func:`~vamp_mm.demo.typed.class_names`)."""
    doubled = (name.replace('"', '""') for name in names)
    return ', '.join(f'"{name}"' if set(name) & set(',"') else name for name in doubled)


def described(offer: Offer) -> str:
    """The label of a model, with the CLIP and the number of classes that it was trained on."""
    if offer.checkpoint is None:
        return offer.label
    clip, names = _read(offer.checkpoint)
    facts = [clip] if clip else []
    facts += [f'{len(names)} classes'] if names else []
    return f'{offer.label} ({", ".join(facts)})' if facts else offer.label


def _read(file: Path) -> tuple[str, tuple[str, ...]]:
    """CLIP and class names; neither of a file that cannot be read, which is said when it is used."""
    try:
        stored = read_checkpoint(file)
    except (OSError, ValueError):
        return '', ()
    names = stored.classes.get('classes') or ()
    return str(stored.settings.get('model.backbone.arch', '')).strip('\'"'), tuple(names)
