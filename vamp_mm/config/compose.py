"""From a config file and the options of a command to the complete config of one run."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.utils import import_modules_from_strings

from vamp_mm.datasets import reading_once

from .data import holders, replace_data
from .data_options import allow_new_splits, set_data_root
from .dataset_files import dataset_file, is_own_data
from .errors import ConfigError
from .files import read_config
from .ood import use_ood
from .overrides import apply_overrides
from .own_data import set_templates, use_own_data
from .protocols import use_protocol
from .published_settings import follow_published
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
    work_dir: str | None = None,
    launcher: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """Load a config and apply what the command line asks for, in the order of the arguments.

    Args:
        config: Config file.
        dataset: Name of a file in ``configs/_base_/datasets``, a path to such a file, or one's own data: a folder of
            images, a table or a split file (:func:`~vamp_mm.config.own_data.use_own_data`). The data are replaced
            (images, class names, prompts), and what the method's authors publish for the dataset is set
            (:func:`~vamp_mm.config.published_settings.follow_published`); transforms and image size, shots, class split
            and metrics stay those of the config.
        template: Prompts with one ``{}`` for the class name, for all datasets of the run.
        protocol: What is trained on and tested (:func:`~vamp_mm.config.protocols.use_protocol`): ``base-to-novel``,
            ``few-shot``, ``cross-dataset``, ``domain-generalization``, ``open``, or a path to such a file. In place of the
            config's own: its key ``protocol``, or what its data and test loop say. Published settings follow it.
        targets: Datasets to test on, in place of the protocol's; ``source`` is the one that is trained on.
        outside: OOD images to detect by uncertainty (:func:`~vamp_mm.config.ood.use_ood`):
            ``unseen`` for the novel classes, names of datasets, or paths of own data.
        data_root: Folder that holds the folders of the datasets, in place of ``data``.
        new_split: Make lists of one's own where a published split file is missing (DTD, EuroSAT, Food101).
        shots: Training images per class.
        seed: Seed of the run and of the few-shot subset.
        amp: Train in mixed precision: float16 with loss scaling on a GPU, bfloat16 on a CPU.
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
    path = Path(config)
    if not path.is_file():
        raise FileNotFoundError(_missing(path))
    cfg = read_config(path)
    name = [path.stem]
    own_protocol = cfg.pop('protocol', None)
    if not isinstance(cfg.get('run') or {}, Mapping):
        raise ConfigError(
            [
                f"run={cfg.run!r} must be a dict that names the method, for example run=dict(method='mmrl')"
            ],
            cfg.filename,
        )
    written = subject_of(cfg, own_protocol)
    if dataset is not None:
        swap_dataset(cfg, dataset)
        name.append(Path(dataset).resolve().stem)
        if is_own_data(cfg, dataset):
            # the config's own protocol is that of the dataset which it had
            own_protocol = 'few-shot'
    if template is not None:
        set_templates(cfg, template)
    if protocol is not None:
        name.append(Path(protocol).stem)
    if protocol is not None or own_protocol is not None:
        use_protocol(cfg, protocol or own_protocol, targets, template)
    elif targets is not None:
        raise ConfigError(
            ['--targets needs --protocol cross-dataset or domain-generalization'], cfg.filename
        )
    if outside:
        use_ood(cfg, outside)
        name.append('outside')
    if data_root is not None:
        set_data_root(cfg, data_root)
    if new_split:
        allow_new_splits(cfg)
        name.append('new-split')
    if shots is not None:
        _set_in_data(cfg, 'shots', shots)
        name.append(f'{shots}shots')
    if seed is not None:
        _set_seed(cfg, seed)
        name.append(f'seed{seed}')
    if amp:
        use_amp(cfg)
        name.append('amp')
    if launcher is not None:
        cfg.launcher = launcher
    overrides = dict(overrides or {})
    _import_asked(
        cfg, {key: overrides[key] for key in overrides if key.split('.')[0] == 'custom_imports'}
    )
    apply_overrides(cfg, overrides)
    follow_published(cfg, written, protocol or own_protocol, overrides, template)
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / '_'.join(name))
    return cfg


def swap_dataset(cfg: Config, dataset: str) -> None:
    """Replace the data of a config by those of a dataset file or one's own, in place.

    Args:
        cfg: The config to change.
        dataset: Name or path of the dataset file, or a path of own data, which go into the config's own keys.

    Raises:
        FileNotFoundError: If there is no such file.
        ConfigError: If a dataset file and a folder are called so, or the config has data that the file has not.
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


def use_amp(cfg: Config) -> None:
    """Switch the optimizer wrapper to mixed precision, in place.

    Args:
        cfg: The config to change.

    Raises:
        ConfigError: If the config does not train, or has an optimizer wrapper of its own.
    """
    wrapper = cfg.get('optim_wrapper')
    if wrapper is None:
        raise ConfigError(
            ['--amp changes optim_wrapper, and this config has none: it does not train'],
            cfg.filename,
        )
    kind = wrapper.get('type', 'OptimWrapper')
    if kind in ('AmpOptimWrapper', 'AutocastOptimWrapper'):
        return
    if kind != 'OptimWrapper':
        raise ConfigError(
            [
                f'--amp replaces OptimWrapper only, and optim_wrapper.type is {kind!r}; '
                'set its precision in the config'
            ],
            cfg.filename,
        )
    if torch.cuda.is_available():
        wrapper.update(type='AmpOptimWrapper', dtype='float16', loss_scale='dynamic')
    else:  # MMEngine's wrapper refuses to work without a GPU
        wrapper.update(type='AutocastOptimWrapper', dtype='bfloat16')


def _set_seed(cfg: Config, seed: int) -> None:
    if type(seed) is not int or not 0 <= seed < 2**32:
        raise ConfigError(
            [f'--seed {seed!r} must be an integer from 0 to {2**32 - 1}'], cfg.filename
        )
    cfg.setdefault('randomness', {})['seed'] = seed
    _set_in_data(cfg, 'seed', seed, required=False)


def _set_in_data(cfg: Config, key: str, value: int, required: bool = True) -> None:
    """Set a key of the few-shot training set and, where there is one, of the validation set."""
    changes = {
        f'{path}.{key}': value for loader, path, _ in holders(cfg) if loader != 'test_dataloader'
    }
    if not changes and required:
        raise ConfigError(
            [f'--{key} changes the training set, and this config has no train_dataloader'],
            cfg.filename,
        )
    try:
        apply_overrides(cfg, changes)
    except ConfigError:
        if required:
            raise


def _import_asked(cfg: Config, overrides: Mapping[str, Any]) -> None:
    """Import what ``--cfg-options custom_imports=...`` names: MMEngine imports only while it reads the file."""
    if not overrides:
        return
    apply_overrides(cfg, overrides)
    asked = cfg.custom_imports
    if (
        not isinstance(asked, Mapping)
        or 'imports' not in asked
        or set(asked) - {'imports', 'allow_failed_imports'}
    ):
        raise ConfigError(
            [f"custom_imports={asked!r} must be a dict such as dict(imports=['my_module'])"],
            cfg.filename,
        )
    try:
        import_modules_from_strings(**asked)
    except (ImportError, TypeError) as error:
        raise ConfigError(
            [f'custom_imports: {error}; put the folder that holds the module on PYTHONPATH'],
            cfg.filename,
        ) from error


def _missing(path: Path) -> str:
    if path.is_dir():
        return f'config {str(path)!r} is a folder; give one of its files'
    message = f'config {str(path)!r} does not exist (seen from {Path.cwd()})'
    root = Path('configs')
    known = (
        [str(item) for item in root.rglob('*.py') if '_base_' not in item.parts]
        if root.is_dir()
        else []
    )
    near = difflib.get_close_matches(str(path), known, n=3, cutoff=0.5)
    return message + (f'; did you mean {" or ".join(near)}?' if near else '')
