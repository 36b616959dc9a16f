"""From the lists of a benchmark to its runs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..compose import compose
from ..errors import ConfigError
from ..identity import config_hash, describe
from .jobs import Job
from .methods import UNTRAINED, config_of
from .spec import Method, Spec

_WITH_TARGETS = ('cross-dataset', 'domain-generalization')


def plan(spec: Spec) -> list[Job]:
    """All runs of a benchmark, seeds last, without repetition.

    A method of which nothing is trained gives one run for all shots and seeds.

    Args:
        spec: The benchmark.

    Returns:
        The runs; each has a folder of its own below ``spec.work_dir``, whose name ends in the config's hash.

    Raises:
        ConfigError: If a method, dataset, protocol or key is unknown, or two datasets have one name.
        FileNotFoundError: If a config or a dataset does not exist.
    """
    jobs: dict[str, Job] = {}
    places: dict[str, str | None] = {}
    for protocol, dataset, method in itertools.product(spec.protocols, spec.datasets, spec.methods):
        for shots, seed in itertools.product(spec.shots, spec.seeds):
            job = _job(spec, method, dataset, protocol, shots, seed)
            name = job.labels['dataset']
            if places.setdefault(name, dataset) != dataset:
                raise ConfigError([f'datasets {places[name]!r} and {dataset!r} are both called {name!r} in tables; '
                                   'rename a folder, or run them with another --work-dir'])
            jobs.setdefault(job.work_dir, job)
            if not job.trains:
                break
    return list(jobs.values())


def _job(
    spec: Spec, method: Method, dataset: str | None, protocol: str | None, shots: int | None, seed: int
) -> Job:
    config = config_of(method.config, dataset, protocol)
    overrides = {**spec.overrides, **method.overrides}
    options: dict[str, Any] = {
        'config': str(config), 'dataset': dataset, 'protocol': protocol,
        'targets': spec.targets if protocol in _WITH_TARGETS else None,
        'template': spec.template, 'data_root': spec.data_root, 'new_split': spec.new_split, 'overrides': overrides,
    }
    training = {'shots': shots, 'seed': seed, 'amp': spec.amp}
    trains = method.config not in UNTRAINED
    cfg = compose(**options, **(training if trains else {}))
    if trains and not _trains(cfg):
        trains, cfg = False, compose(**options)
    options |= training if trains else {}
    digest = config_hash(cfg)
    labels = {**describe(cfg), 'method': method.name, 'overrides': dict(overrides)}
    if protocol is not None:
        labels['protocol'] = Path(protocol).stem
    if not trains:
        labels |= {'shots': None, 'seed': None}
    return Job(options, labels, trains, digest, str(Path(spec.work_dir) / _folder(labels, digest)))


def _trains(cfg: Config) -> bool:
    """Whether a config trains: it has data, a loop and something to minimise."""
    head = cfg.model.get('head') or {}
    return cfg.get('train_cfg') is not None and cfg.get('train_dataloader') is not None and head.get('losses') != []


def _folder(labels: Mapping[str, Any], digest: str) -> Path:
    words = [labels['protocol'] or 'own']
    words += [] if labels['shots'] is None else [f'{labels["shots"]}shots']
    words += [] if labels['seed'] is None else [f'seed{labels["seed"]}']
    parts = [labels['dataset'], labels['method'], '_'.join([*words, digest[:8]])]
    return Path(*(re.sub(r'[^\w.+-]', '-', str(part)) for part in parts))
