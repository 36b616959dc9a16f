"""What a benchmark compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Datasets of the published tables, in their order; ``all`` means them.
ELEVEN = (
    'imagenet',
    'caltech101',
    'oxford_pets',
    'stanford_cars',
    'oxford_flowers',
    'food101',
    'fgvc_aircraft',
    'sun397',
    'dtd',
    'eurosat',
    'ucf101',
)


@dataclass(frozen=True)
class Method:
    """One row of the tables.

    Args:
        name: Its name in the tables.
        config: Path of a config, or a name of :func:`~vamp_mm.config.methods.config_of`.
        overrides: Dotted key -> value, for this method only.
    """

    name: str
    config: str
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """All runs of a benchmark, as the product of lists.

    Args:
        methods: What is compared.
        datasets: Names, or paths of own data; None means the data of the config.
        protocols: Names; None means the config's own.
        shots: Training images per class; None means the config's own.
        seeds: Seeds of the runs and of their few-shot subsets.
        targets: Datasets to test on, for protocols that have some.
        outside: OOD images to detect by uncertainty: ``novel``, datasets, or own data; a run on one of
            these datasets leaves it out.
        template: Prompts with one ``{}``.
        data_root: Folder of the datasets.
        new_split: Make lists where a published split is missing.
        amp: Train in mixed precision.
        arch: Another CLIP for all runs; see :func:`~vamp_mm.config.compose.compose`.
        pretrained: Its weights.
        overrides: Dotted key -> value, for all runs.
        work_dir: Folder of all runs.
    """

    methods: tuple[Method, ...] = ()
    datasets: tuple[str | None, ...] = ()
    protocols: tuple[str | None, ...] = ()
    shots: tuple[int | None, ...] = (None,)
    seeds: tuple[int, ...] = (1, 2, 3)
    targets: tuple[str, ...] | None = None
    outside: tuple[str, ...] | None = None
    template: tuple[str, ...] | None = None
    data_root: str | None = None
    new_split: bool = False
    amp: bool = False
    arch: str | None = None
    pretrained: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    work_dir: str = 'work_dirs/benchmark'
