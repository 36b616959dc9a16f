"""From the lists of a benchmark to its runs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.config.compose import compose
from vamp_mm.config.data import holders
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.files import read_config
from vamp_mm.config.identity import config_hash, describe, trains
from vamp_mm.config.methods import config_of
from vamp_mm.config.validate import validate_config
from vamp_mm.datasets import reading_once
from vamp_mm.evaluation.protocol_table import TRANSFER

from .jobs import Job
from .spec import Method, Spec


@reading_once()
def plan(spec: Spec) -> list[Job]:
    """All runs of a benchmark, seeds last, without repetition.

    A method of which nothing is trained gives one run for all shots and seeds.

    Args:
        spec: The benchmark.

    Returns:
        The runs; each has a folder of its own below ``spec.work_dir``, whose name ends in the config's hash.

    Raises:
        ConfigError: If a method, dataset, protocol or key is unknown, layers are not those of the CLIP, or two datasets
            have one name.
        FileNotFoundError: If a config or a dataset does not exist.
    """
    jobs: dict[str, Job] = {}
    places: dict[str, str | None] = {}
    checked: set[str] = set()
    for protocol, dataset, method in itertools.product(spec.protocols, spec.datasets, spec.methods):
        config = config_of(method.config, dataset, protocol)
        trained = _trained(config)
        for shots, seed in itertools.product(spec.shots, spec.seeds):
            training = {'shots': shots, 'seed': seed, 'amp': spec.amp} if trained else {}
            job = _job(spec, method, config, dataset, protocol, training, checked)
            name = job.labels['dataset']
            if places.setdefault(name, dataset) != dataset:
                raise ConfigError(
                    [
                        f'datasets {places[name]!r} and {dataset!r} are both called {name!r} in tables; '
                        'rename a folder, or run them with another --work-dir'
                    ]
                )
            jobs.setdefault(job.work_dir, job)
            if not trained:
                break
    return list(jobs.values())


def _job(
    spec: Spec,
    method: Method,
    config: Path,
    dataset: str | None,
    protocol: str | None,
    training: Mapping[str, Any],
    checked: set[str],
) -> Job:
    overrides = {**spec.overrides, **method.overrides}
    options: dict[str, Any] = {
        'config': str(config),
        'dataset': dataset,
        'protocol': protocol,
        'targets': spec.targets if protocol in TRANSFER else None,
        'outside': _others(spec.outside, dataset),
        'template': spec.template,
        'data_root': spec.data_root,
        'new_split': spec.new_split,
        'arch': spec.arch,
        'pretrained': spec.pretrained,
        'overrides': overrides,
        **training,
    }
    cfg = compose(**options)
    _check_once(cfg, checked)
    digest = config_hash(cfg)
    labels = {**describe(cfg), 'method': method.name, 'overrides': dict(overrides)}
    if protocol is not None:
        labels['protocol'] = Path(protocol).stem
    return Job(
        options, labels, bool(training), digest, str(Path(spec.work_dir) / _folder(labels, digest))
    )


def _check_once(cfg: Config, checked: set[str]) -> None:
    """Refuse a config that would fail in each of its runs; those that differ in data and seed only are checked once."""
    pipelines = [holder['dataset'].get('pipeline') for _, _, holder in holders(cfg)]
    built = repr((cfg.model, pipelines, cfg.get('optim_wrapper'), cfg.get('train_cfg')))
    if built not in checked:
        validate_config(cfg)
        checked.add(built)


def _others(outside: Sequence[str] | None, dataset: str | None) -> list[str] | None:
    """Outside datasets without the one of the run."""
    left = [name for name in outside or () if name != dataset]
    return left or None


def _trained(config: Path) -> bool:
    """Whether anything is trained, whatever the data."""
    if not config.is_file():
        compose(config)  # raises an error that lists what is there
    return trains(read_config(config))


def _folder(labels: Mapping[str, Any], digest: str) -> Path:
    words = [labels['protocol'] or 'own']
    words += [] if labels['shots'] is None else [f'{labels["shots"]}shots']
    words += [] if labels['seed'] is None else [f'seed{labels["seed"]}']
    parts = [labels['dataset'], labels['method'], '_'.join([*words, digest[:8]])]
    return Path(*(re.sub(r'[^\w.+-]', '-', str(part)) for part in parts))
