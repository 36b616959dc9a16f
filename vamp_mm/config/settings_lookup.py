"""What is published of a method for a dataset, a protocol, a number of shots and a CLIP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vamp_mm.datasets import CATALOG
from vamp_mm.evaluation.protocol_table import (
    DEFAULT_PROTOCOL,
    DOMAIN_GENERALIZATION,
    PROTOCOLS,
    TRANSFER,
)

from .settings_table import dataset_title


@dataclass(frozen=True)
class Subject:
    """What settings are asked for.

    Args:
        dataset: Name of the dataset that is trained on.
        protocol: Name of the protocol, with ``-``.
        shots: Training images per class; None where nothing is trained, negative for all.
        clip: Architecture of the CLIP.
    """

    dataset: str
    protocol: str
    shots: int | None
    clip: str | None = None


@dataclass(frozen=True)
class Setting:
    """One published value.

    Args:
        value: The value; :data:`DEFAULT` for a key that the config leaves out.
        source: File of the original, or place in the paper.
        missing: Why it is not published for the subject, and whose value it is; empty for a published one.
    """

    value: Any
    source: str
    missing: str = ''


@dataclass
class Settings:
    """All that a table has on a subject.

    Args:
        title: Name of the method.
        values: Dotted key -> setting.
        templates: Dataset -> sentence, for runs that test several datasets.
        notes: What is not published for the subject as a whole, and what is used instead.
    """

    title: str
    values: dict[str, Setting] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def resolve(table: Mapping[str, Any], subject: Subject) -> Settings:
    """Look up a subject in a table: of several rows that fit, the last one counts.

    Args:
        table: Of :func:`read_table`.
        subject: What is asked for.

    Returns:
        The settings, each with its source.
    """
    found = Settings(table['title'])
    asked = _as_published(table, subject, found.notes)
    for row in table['rows']:
        if not _fits(row, asked):
            continue
        source = row['source']
        for key, value in row.get('values', {}).items():
            found.values[key] = Setting(value, source)
        for key, values in row.get('by_dataset', {}).items():
            found.values[key] = _of_dataset(
                values, asked.dataset, subject.dataset, row['otherwise'], source
            )
        for key, values in row.get('by_shots', {}).items():
            found.values[key] = _of_shots(values, asked.shots, source)
        for key, value in row.get('per_shot', {}).items():
            found.values[key] = _per_shot(value, asked.shots, source)
        found.templates |= row.get('templates', {})
        if 'note' in row:
            found.notes.append(row['note'])
    return found


def _fits(row: Mapping[str, Any], subject: Subject) -> bool:
    return (
        ('protocol' not in row or subject.protocol in row['protocol'])
        and ('dataset' not in row or subject.dataset in row['dataset'])
        and ('shots' not in row or subject.shots in row['shots'])
        and ('clip' not in row or subject.clip in row['clip'])
    )


def _as_published(table: Mapping[str, Any], subject: Subject, notes: list[str]) -> Subject:
    """The published subject whose settings are those of this one; a sentence for each step is added to the notes."""
    subject = _of_known_data(subject, notes)
    protocol = subject.protocol
    published = table.get('protocols', (protocol,))
    while protocol not in published and (other := PROTOCOLS[protocol].settings_of):
        protocol = other
    title = table['title']
    if subject.protocol not in published:
        instead = table.get('instead') or f'those of {protocol}'
        notes.append(f'{title} has no published settings for {subject.protocol}; using {instead}')
    shots = table.get('shots', {}).get(protocol)
    if shots and subject.shots is not None and subject.shots not in shots:
        notes.append(
            f'{title} is published with {" or ".join(map(str, shots))} shots for {protocol}; this run has '
            f'{subject.shots if subject.shots >= 0 else "all images"}'
        )
    clips = table.get('clips')
    if clips and subject.clip is not None and subject.clip not in clips:
        notes.append(
            f'published for {" and ".join(clips)}; no paper gives settings for {subject.clip}, these are a start'
        )
    return replace(subject, protocol=protocol)


def _of_known_data(subject: Subject, notes: list[str]) -> Subject:
    """The subject whose dataset and protocol belong together in papers."""
    known = subject.dataset in CATALOG and subject.dataset != 'icons'
    # a variant of ImageNet: tests what was trained on ImageNet
    if known and CATALOG[subject.dataset].counts.train is None:
        notes.append(
            f'{dataset_title(subject.dataset)} is for testing; settings are those of domain-generalization from '
            'ImageNet'
        )
        subject = replace(subject, dataset='imagenet', protocol=DOMAIN_GENERALIZATION)
    own = PROTOCOLS[subject.protocol]
    if own.unpublished and own.settings_of is not None:
        subject = replace(subject, protocol=own.settings_of)
        notes.append(
            f'no paper publishes the protocol {own.name!r}; it trains as {own.settings_of}'
        )
    if subject.protocol not in TRANSFER or subject.dataset == 'imagenet':
        return subject
    where = f'{subject.protocol} is published for training on ImageNet'
    if known:
        notes.append(
            f'{where}; this run trains on {dataset_title(subject.dataset)} with the same settings'
        )
        return subject
    # an epoch of ImageNet is 16,000 images
    notes.append(f'{where}; for {subject.dataset!r} the settings are those of {DEFAULT_PROTOCOL}')
    return replace(subject, protocol=DEFAULT_PROTOCOL)


def _of_dataset(
    values: Mapping[str, Any], dataset: str, name: str, otherwise: str, source: str
) -> Setting:
    if dataset in values:
        return Setting(values[dataset], source)
    return Setting(
        values[otherwise], source, f'{name!r}; using {{}}, that of {dataset_title(otherwise)}'
    )


def _of_shots(values: Mapping[int, Any], shots: int | None, source: str) -> Setting:
    """The value of a number of shots, or that of the next lower one that is published."""
    known: Sequence[int] = sorted(values)
    if shots is None or shots in values:
        return Setting(values[known[-1] if shots is None else shots], source)
    lower = [item for item in known if shots < 0 or item <= shots]
    near = lower[-1] if lower else known[0]
    what = 'training on all images' if shots < 0 else f'{shots} shots'
    return Setting(
        values[near], source, f'{what}; using {{}}, that of {near} shot{"" if near == 1 else "s"}'
    )


def _per_shot(value: float, shots: int | None, source: str) -> Setting:
    """A value that grows with the number of shots; of 16 shots where all images are trained on."""
    number = shots if shots is not None and shots > 0 else 16
    missing = '' if number == shots else 'training on all images; using {}, that of 16 shots'
    return Setting(value * number, f'{source}, {value} for each shot', missing)
