"""From a config file and the options of a command to the complete config of one run."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

import vamp_mm

from .data_configs import holders
from .errors import ConfigError
from .overrides import apply_overrides
from .own_data import set_templates, use_own_data

#: Top-level keys that come from the dataset file when ``--dataset`` swaps it.
DATASET_KEYS = ('train_dataloader', 'val_dataloader', 'test_dataloader', 'val_cfg', 'test_cfg',
                'val_evaluator', 'test_evaluator')
#: Keys of the training (and validation) set that belong to the experiment and survive the swap.
_KEPT = ('shots', 'seed')


def compose(config: str | Path,
            *,
            dataset: str | None = None,
            template: Sequence[str] | None = None,
            shots: int | None = None,
            seed: int | None = None,
            amp: bool = False,
            work_dir: str | None = None,
            launcher: str | None = None,
            overrides: Mapping[str, Any] | None = None) -> Config:
    """Load a config and apply what the command line asks for, in the order of the arguments.

    Args:
        config: Config file.
        dataset: Name of a file in ``configs/_base_/datasets``, or a path to such a file. Everything about data
            and evaluation (:data:`DATASET_KEYS`: paths, class splits, templates, image size, batch sizes,
            metrics) is taken from it; ``shots`` and ``seed`` of the config's own training set are kept.
            Or a folder of images, a table or a split file: then only the data are replaced
            (:func:`~vamp_mm.apis.own_data.use_own_data`).
        template: Prompts with one ``{}`` for the class name, for all datasets of the run.
        shots: Training images per class.
        seed: Seed of the run and of the few-shot subset.
        amp: Train in mixed precision: float16 with loss scaling on a GPU, bfloat16 on a CPU.
        work_dir: Where results go; by default ``work_dirs/<config name>`` with a suffix for each of the options
            above that is used.
        launcher: Who starts the processes: ``none``, ``pytorch`` (torchrun), ``slurm`` or ``mpi``.
        overrides: Dotted key -> value.

    Returns:
        The complete config; ``work_dir`` is set.

    Raises:
        FileNotFoundError: If the config or the dataset does not exist.
        ConfigError: If an option names something that the config does not have.
        DataError: If a folder or file of own data cannot be read.
    """
    path = Path(config)
    if not path.is_file():
        raise FileNotFoundError(_missing(path))
    cfg = Config.fromfile(path)
    name = [path.stem]
    if dataset is not None:
        swap_dataset(cfg, dataset)
        name.append(Path(dataset).resolve().stem)
    if template is not None:
        set_templates(cfg, template)
    if shots is not None:
        _set_in_data(cfg, 'shots', shots)
        name.append(f'{shots}shots')
    if seed is not None:
        cfg.setdefault('randomness', {})['seed'] = seed
        _set_in_data(cfg, 'seed', seed, required=False)
        name.append(f'seed{seed}')
    if amp:
        use_amp(cfg)
        name.append('amp')
    if launcher is not None:
        cfg.launcher = launcher
    apply_overrides(cfg, overrides or {})
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / '_'.join(name))
    return cfg


def swap_dataset(cfg: Config, dataset: str) -> None:
    """Replace all of :data:`DATASET_KEYS` by those of a dataset file, in place.

    Args:
        cfg: The config to change.
        dataset: Name or path of the dataset file, or a path of own data, which go into the config's own keys.

    Raises:
        FileNotFoundError: If there is no such file.
        ConfigError: If a dataset file and a folder are called so.
    """
    if _is_own_data(cfg, dataset):
        use_own_data(cfg, dataset)
        return
    new = Config.fromfile(_dataset_file(cfg, dataset))
    kept = {key: _experiment_keys(cfg, key) for key in ('train_dataloader', 'val_dataloader')}
    for key in DATASET_KEYS:
        cfg.pop(key, None)
        if key in new:
            cfg[key] = new[key]
    for key, values in kept.items():
        if cfg.get(key):
            _experiment_dataset(cfg, key).update(values)


def use_amp(cfg: Config) -> None:
    """Switch the optimizer wrapper to mixed precision, in place.

    Args:
        cfg: The config to change.

    Raises:
        ConfigError: If the config does not train, or has an optimizer wrapper of its own.
    """
    wrapper = cfg.get('optim_wrapper')
    if wrapper is None:
        raise ConfigError(['--amp changes optim_wrapper, and this config has none: it does not train'],
                          cfg.filename)
    kind = wrapper.get('type', 'OptimWrapper')
    if kind in ('AmpOptimWrapper', 'AutocastOptimWrapper'):
        return
    if kind != 'OptimWrapper':
        raise ConfigError([f'--amp replaces OptimWrapper only, and optim_wrapper.type is {kind!r}; '
                           'set its precision in the config'], cfg.filename)
    if torch.cuda.is_available():
        wrapper.update(type='AmpOptimWrapper', dtype='float16', loss_scale='dynamic')
    else:  # MMEngine's wrapper refuses to work without a GPU
        wrapper.update(type='AutocastOptimWrapper', dtype='bfloat16')


def _set_in_data(cfg: Config, key: str, value: int, required: bool = True) -> None:
    """Set a key of the few-shot training set and, where there is one, of the validation set."""
    changes = {
        f'{path}.{key}': value for loader, path, _ in holders(cfg) if loader != 'test_dataloader'}
    if not changes and required:
        raise ConfigError([f'--{key} changes the training set, and this config has no train_dataloader'],
                          cfg.filename)
    try:
        apply_overrides(cfg, changes)
    except ConfigError:
        if required:
            raise


def _experiment_dataset(cfg: Config, loader: str) -> dict:
    """The dataset of a dataloader that takes shots and seed; empty if there is none."""
    return next((holder['dataset'] for name, _, holder in holders(cfg) if name == loader), {})


def _experiment_keys(cfg: Config, loader: str) -> dict[str, Any]:
    dataset = _experiment_dataset(cfg, loader)
    return {key: dataset[key] for key in _KEPT if key in dataset}


def _is_own_data(cfg: Config, dataset: str) -> bool:
    path = Path(dataset).expanduser()
    if not path.exists():
        return False
    known = {name for name, _ in _dataset_files(cfg)} if path.name == dataset else set()
    if dataset in known:
        raise ConfigError([f'--dataset {dataset} is the name of a dataset file and of {path.absolute()}; '
                           f'give ./{dataset} for your own data'], cfg.filename)
    return path.is_dir() or path.suffix != '.py'


def _dataset_file(cfg: Config, dataset: str) -> Path:
    path = Path(dataset)
    if path.suffix == '.py' and path.is_file():
        return path
    files = _dataset_files(cfg)
    for name, file in files:
        if name == dataset:
            return file
    known = ', '.join(dict.fromkeys(name for name, _ in files)) or 'none found'
    raise FileNotFoundError(
        f'--dataset {dataset!r} is neither a folder or file that exists (seen from {Path.cwd()}) nor one of the '
        f'known names: {known}')


def _dataset_files(cfg: Config) -> list[tuple[str, Path]]:
    """Name and path of the dataset files that go with a config, the first of a name counts."""
    # The config's own tree first, so that a project beside this one brings its own datasets.
    roots = [parent / '_base_' / 'datasets' for parent in Path(cfg.filename).resolve().parents]
    roots.append(Path(vamp_mm.__file__).parents[1] / 'configs' / '_base_' / 'datasets')
    return [(file.stem, file) for root in roots for file in sorted(root.glob('*.py'))]


def _missing(path: Path) -> str:
    message = f'config {str(path)!r} does not exist (seen from {Path.cwd()})'
    root = Path('configs')
    known = [str(item) for item in root.rglob('*.py') if '_base_' not in item.parts] if root.is_dir() else []
    near = difflib.get_close_matches(str(path), known, n=3, cutoff=0.5)
    return message + (f'; did you mean {" or ".join(near)}?' if near else '')
