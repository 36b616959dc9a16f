"""What a config trains, and what it was written for: the published config below it, and what a user's own files set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.datasets import CATALOG
from vamp_mm.evaluation.protocol_guess import protocol_of_splits
from vamp_mm.evaluation.protocol_table import DEFAULT_PROTOCOL, PROTOCOLS, spelled

from .data import holders
from .files import read_config
from .identity import dataset_name
from .paths import SCOPED, find_config
from .places import keys_set_in, type_at
from .settings_lookup import Subject

#: What the values of base files are those of, in a config that is put together from them.
_PLAIN = ('caltech101', DEFAULT_PROTOCOL, 16)


@dataclass
class Origin:
    """What a config file was written for, and what a user's own files set.

    Args:
        subjects: What the values are published for that nobody changed.
        own_keys: Dotted keys that files outside the published configs set; a ``type`` only where it changes what a
            published file has there.
        published: Whether the file is one of the published configs itself.
    """

    subjects: list[Subject]
    own_keys: set[str] = field(default_factory=set)
    published: bool = False


def subject_of(cfg: Config, protocol: str | None = None) -> Subject:
    """What a config trains, as its settings are looked up.

    Args:
        cfg: A config.
        protocol: Name of its protocol; None, or that of a user's file, to derive it from the test loop.

    Returns:
        Dataset, protocol, shots and CLIP.
    """
    places = list(holders(cfg))
    dataset: Mapping[str, Any] = next((holder['dataset'] for _, _, holder in places), {})
    trained: Mapping[str, Any] = next(
        (holder['dataset'] for loader, _, holder in places if loader == 'train_dataloader'), {}
    )
    composed = (cfg.get('run') or {}).get('protocol')
    known = (
        known_protocol(protocol or composed)
        or protocol_of_splits(cfg.get('test_cfg') or {})
        or DEFAULT_PROTOCOL
    )
    backbone = (cfg.get('model') or {}).get('backbone') or {}
    clip = backbone.get('arch') if isinstance(backbone, Mapping) else None
    source = dataset.get('source')
    of_catalog = source.get('name') if isinstance(source, Mapping) else source
    name = dataset_name(dataset)
    if of_catalog in CATALOG:
        name = of_catalog
    elif name in CATALOG:  # a folder that happens to have this name
        name = f'{name} (own data)'
    return Subject(name, known, trained.get('shots'), clip)


def known_protocol(protocol: str | None) -> str | None:
    """A known protocol by its name or file; None for a user's file, whose test loop shows what it is."""
    name = spelled(protocol)
    return name if name in PROTOCOLS else None


def origin_of(file: Path, tree: Path, written: Subject, subject: Subject) -> Origin:
    """Follow the bases of a user's files down to the published config that they change.

    Args:
        file: The config, an absolute path.
        tree: Folder of the published configs.
        written: The subject of the file by itself.
        subject: What is composed.

    Returns:
        The published config's subject; for a file that is put together from base files, what those are for.
    """
    if tree in file.parents:
        return Origin([written], published=True)
    own: set[str] = set()
    files, entries = [file], []
    while files:
        item = files.pop()
        if tree in item.parents:
            entries.append(item)
            continue
        own |= keys_set_in(item)
        files += _bases_of(item)
    below = [read_config(item) for item in entries]
    if own:
        own -= _repeated_types(own, read_config(file), below)
    if len(entries) == 1 and '_base_' not in entries[0].relative_to(tree).parts:
        return Origin([subject_of(below[0], below[0].get('protocol'))], own)
    # composed of parts, whose values are those of every dataset
    plain = Subject(*_PLAIN, subject.clip)
    return Origin([plain, written, subject], own)


def _bases_of(file: Path) -> list[Path]:
    """The files that a config inherits from; those of other packages are left out."""
    bases = Config._get_base_files(str(file))
    return [
        (find_config(base) if base.startswith(SCOPED) else file.parent / base).resolve()
        for base in bases
        if base.startswith(SCOPED) or '::' not in base
    ]


def _repeated_types(own: set[str], cfg: Config, below: list[Config]) -> set[str]:
    """Keys of types that a file writes once more as a published file has them: its part is still the published one."""
    repeated = set()
    for key in own:
        kind = type_at(cfg, key) if key.endswith('.type') else None
        if kind is not None and any(type_at(item, key) == kind for item in below):
            repeated.add(key)
    return repeated
