"""From a config file and the options of a command to the complete config of one run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.datasets import DataError, reading_once
from vamp_mm.evaluation.protocol_table import FEW_SHOT

from .clip_option import AnotherCLIP
from .data import holders, replace_data
from .data_options import allow_new_splits, set_data_root
from .dataset_files import dataset_file, is_own_data
from .errors import ConfigError
from .files import read_config
from .ood import use_ood
from .own_data import set_templates, use_own_data
from .paths import require_config
from .protocols import use_protocol
from .published_settings import follow_published
from .run_options import override, set_in_data, set_seed, use_amp
from .settings_origin import subject_of


@reading_once()
def compose(
    config: str | Path,
    *,
    dataset: str | None = None,
    template: Sequence[str] | None = None,
    protocol: str | None = None,
    targets: Sequence[str] | None = None,
    outside: Sequence[str] | None = None,
    data_root: str | None = None,
    new_split: bool = False,
    shots: int | None = None,
    seed: int | None = None,
    amp: bool = False,
    arch: str | None = None,
    pretrained: str | None = None,
    work_dir: str | None = None,
    launcher: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """Load a config and apply the options of the command line, in the order of the arguments.

    Args:
        config: Config file.
        dataset: Name of a file in ``configs/_base_/datasets``, a path to such a file, or your own data: a folder of
            images, a table or a split file (:func:`~vamp_mm.config.own_data.use_own_data`). The data are replaced
            (images, class names, prompts), and what the method's authors publish for the dataset is set
            (:func:`~vamp_mm.config.published_settings.follow_published`); transforms and image size, shots, class split
            and metrics stay those of the config.
        template: Prompts with one ``{}`` for the class name, for all datasets of the run.
        protocol: What is trained on and tested (:func:`~vamp_mm.config.protocols.use_protocol`): ``base-to-novel``,
            ``few-shot``, ``cross-dataset``, ``domain-generalization``, ``open``, or a path to such a file. In place of the
            config's own: its key ``protocol``, or what its data and test loop show. Published settings follow it.
        targets: Datasets to test on, in place of the protocol's; ``source`` is the one that is trained on.
        outside: OOD images to detect by uncertainty (:func:`~vamp_mm.config.ood.use_ood`):
            ``novel`` for the novel classes, names of datasets, or paths of own data.
        data_root: Folder that holds the folders of the datasets, in place of ``data``.
        new_split: Make lists where a published split file is missing (DTD, EuroSAT, Food101).
        shots: Training images per class.
        seed: Seed of the run and of the few-shot subset.
        amp: Train in mixed precision: float16 with loss scaling on a GPU, bfloat16 on a CPU.
        arch: Another CLIP: a name of open_clip, an architecture file, ``local-dir:FOLDER`` or ``hf-hub:NAME``. Image size,
            resizing and the blocks of the method follow it (:class:`~vamp_mm.config.clip_option.AnotherCLIP`).
        pretrained: Its weights: a tag of open_clip or a file.
        work_dir: Where results go; by default ``work_dirs/<config name>`` with a suffix for each of the options
            above that is used.
        launcher: Who starts the processes: ``none``, ``pytorch`` (torchrun), ``slurm`` or ``mpi``.
        overrides: Dotted key -> value.

    Returns:
        The complete config; ``work_dir`` is set, and ``run`` where the config names its method.

    Raises:
        FileNotFoundError: If the config or the dataset does not exist.
        ConfigError: If an option names something that the config does not have, or has a value that is not allowed.
        DataError: If a folder or file of own data cannot be read.
    """
    path = require_config(config)
    cfg = read_config(path)
    own_protocol = cfg.pop('protocol', None)
    _check_run(cfg)
    with explained(cfg):
        # what the config was written for, before its data change
        written = subject_of(cfg, own_protocol)
        if dataset is not None:
            swap_dataset(cfg, dataset)
            if is_own_data(cfg, dataset):
                # the config's own protocol is that of the dataset which it had
                own_protocol = FEW_SHOT
        if template is not None:
            set_templates(cfg, template)
        _set_tests(cfg, protocol or own_protocol, targets, template, outside)
        _set_data(cfg, data_root, new_split, shots, seed)
        if amp:
            use_amp(cfg)
        if launcher is not None:
            cfg.launcher = launcher
        asked = list(overrides or {})
        other = AnotherCLIP(cfg, arch, pretrained, asked) if arch or pretrained else None
        if other is not None:
            other.set_weights()
        override(cfg, overrides or {})
        follow_published(cfg, written, protocol or own_protocol, dict(overrides or {}), template)
        if other is not None:
            other.set_layers()
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        words = _words(path, dataset, protocol, outside, new_split, shots, seed, amp, arch)
        cfg.work_dir = str(Path('work_dirs') / '_'.join(words))
    return cfg


@contextmanager
def explained(cfg: Config) -> Iterator[None]:
    """A value of a kind that its key never has may break any step; what the check finds in the config says more."""
    try:
        yield
    except (ConfigError, DataError):
        raise
    except (TypeError, AttributeError, LookupError, ValueError) as error:
        from .validate import check_config  # imports all components

        if problems := check_config(cfg):
            raise ConfigError(problems, cfg.filename) from error
        raise


def _check_run(cfg: Config) -> None:
    if not isinstance(cfg.get('run') or {}, Mapping):
        raise ConfigError(
            [
                f"run={cfg.run!r} must be a dict that names the method, for example run=dict(method='mmrl')"
            ],
            cfg.filename,
        )


def _set_tests(
    cfg: Config,
    protocol: str | None,
    targets: Sequence[str] | None,
    template: Sequence[str] | None,
    outside: Sequence[str] | None,
) -> None:
    """What is trained on and tested, and which OOD images are added."""
    if protocol is not None:
        use_protocol(cfg, protocol, targets, template)
    elif targets is not None:
        raise ConfigError(
            ['--targets needs --protocol cross-dataset or domain-generalization'], cfg.filename
        )
    if outside:
        use_ood(cfg, outside)


def _set_data(
    cfg: Config, data_root: str | None, new_split: bool, shots: int | None, seed: int | None
) -> None:
    """Where the images are, and which of them are drawn."""
    if data_root is not None:
        set_data_root(cfg, data_root)
    if new_split:
        allow_new_splits(cfg)
    if shots is not None:
        set_in_data(cfg, 'shots', shots)
    if seed is not None:
        set_seed(cfg, seed)


def _words(
    path: Path,
    dataset: str | None,
    protocol: str | None,
    outside: Sequence[str] | None,
    new_split: bool,
    shots: int | None,
    seed: int | None,
    amp: bool,
    arch: str | None,
) -> list[str]:
    """Parts of the name of the default work directory: the config, and the options that were used."""
    used = {
        'outside': bool(outside),
        'new-split': new_split,
        f'{shots}shots': shots is not None,
        f'seed{seed}': seed is not None,
        'amp': amp,
    }
    return [
        path.stem,
        *([] if dataset is None else [Path(dataset).resolve().stem]),
        *([] if protocol is None else [Path(protocol).stem]),
        *([] if arch is None else [re.sub(r'[^\w.-]', '-', Path(arch).name.removesuffix('.json'))]),
        *(word for word, wanted in used.items() if wanted),
    ]


def swap_dataset(cfg: Config, dataset: str) -> None:
    """Replace the data of a config by those of a dataset file or a user's own, in place.

    Args:
        cfg: The config to change.
        dataset: Name or path of the dataset file, or a path of own data, which go into the config's own keys.

    Raises:
        FileNotFoundError: If there is no such file.
        ConfigError: If a dataset file and a folder have this name, or the config has data that the file has not.
    """
    if is_own_data(cfg, dataset):
        use_own_data(cfg, dataset)
        return
    new = read_config(dataset_file(cfg, dataset))
    # made for testing only: what the config trains on has no place here
    if 'train_dataloader' not in new:
        for key in ('train_dataloader', 'val_dataloader', 'val_cfg', 'val_evaluator'):
            cfg.pop(key, None)
        cfg.test_cfg = new.test_cfg
    missing = [loader for loader, *_ in holders(cfg) if loader not in new]
    if missing:
        raise ConfigError(
            [f'--dataset {dataset}: the config has {missing}, and the dataset file does not'],
            cfg.filename,
        )
    replace_data(cfg, lambda loader: new[loader]['dataset'])
