"""What a run is: a hash of all that decides its numbers, and the words under which tables show it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.evaluation.protocol_guess import protocol_of_splits
from vamp_mm.registry import MODELS

from .data import holders

#: Parts of a config that set where and how a run works, not what comes out.
_OUTSIDE = frozenset(
    {
        'work_dir',
        'launcher',
        'resume',
        'experiment_name',
        'log_level',
        'log_processor',
        'visualizer',
        'env_cfg',
        'custom_imports',
        'model_wrapper_cfg',
        'filename',
        'run',
    }
)
#: Default hooks that write and measure only.
_WRITING_HOOKS = frozenset({'logger', 'timer', 'runtime_info', 'visualization', 'checkpoint'})
#: Keys that change no number wherever they are.
_FREE = frozenset(
    {
        'cache_dir',
        'cache_mb',
        'num_workers',
        'persistent_workers',
        'pin_memory',
        'prefetch_factor',
        'multiprocessing_context',
        'timeout',
        'zero_shot',
    }
)
#: Keys that may hold a path; of a path only the last part counts, for files may move.
_PLACES = frozenset({'data_root', 'pretrained', 'load_from'})
#: An architecture with the weights of a folder: the content of these files counts, not where the folder is.
_LOCAL_DIR, _OF_WEIGHTS = (
    'local-dir:',
    ('open_clip_config.json', '.safetensors', '.bin', '.pth', '.pt'),
)
#: Of a file of weights the content counts too, as many are called the same: this much of its start and its end.
_SAMPLE = 2**20


def config_hash(cfg: Config | Mapping[str, Any]) -> str:
    """Hash of what decides the numbers of a run.

    It changes with every value that can change a result, the seed included, and stays when data or outputs lie
    elsewhere, when loading processes are added, or when logging changes. A key that is not known here counts.

    Args:
        cfg: A complete config.

    Returns:
        64 hexadecimal digits (SHA-256).
    """
    plain = {key: value for key, value in cfg.items() if key not in _OUTSIDE and value is not None}
    hooks = {
        key: hook
        for key, hook in (plain.get('default_hooks') or {}).items()
        if key not in _WRITING_HOOKS
    }
    plain['default_hooks'] = hooks
    text = json.dumps(_settled(plain), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def settings_hash(cfg: Config) -> str:
    """Hash of what decides the numbers of a run apart from its seed: runs of one row of a table have the same.

    Args:
        cfg: A complete config.

    Returns:
        64 hexadecimal digits (SHA-256).
    """
    return config_hash(_unseeded(cfg.to_dict() if isinstance(cfg, Config) else cfg))


def _unseeded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unseeded(item) for key, item in value.items() if key != 'seed'}
    return [_unseeded(item) for item in value] if isinstance(value, (list, tuple)) else value


def describe(cfg: Config) -> dict[str, Any]:
    """The words under which tables show a run.

    Args:
        cfg: A complete config.

    Returns:
        ``method`` and ``protocol`` (the config's ``run``; else the config's name without backbone and data, and what
        the test loop shows, None if it is not one of the known ones), ``dataset`` (trained on, else tested on), ``shots``
        and ``seed`` (None where nothing is trained).
    """
    run = cfg.get('run') or {}
    dataset: Mapping[str, Any] = next((holder['dataset'] for _, _, holder in holders(cfg)), {})
    trained = trains(cfg)
    return {
        'method': run.get('name') or run.get('method') or method_of(cfg.filename),
        'dataset': dataset_name(dataset),
        'protocol': run.get('protocol') or protocol_of_splits(cfg.get('test_cfg') or {}),
        'shots': dataset.get('shots') if trained else None,
        'seed': (cfg.get('randomness') or {}).get('seed') if trained else None,
    }


def trains(cfg: Config) -> bool:
    """Whether a config trains: it has data and a loop, and a part that learns.

    A prompter declares that it learns nothing (``BasePrompter.trains``); the head then may learn, unless it has no losses.
    """
    model = cfg.get('model', {})
    kind = (model.get('prompter') or {}).get('type')
    prompter = MODELS.get(kind) if isinstance(kind, str) else kind
    learns = getattr(prompter, 'trains', True) or (model.get('head') or {}).get('losses') != []
    return cfg.get('train_cfg') is not None and cfg.get('train_dataloader') is not None and learns


def method_of(filename: str | None) -> str:
    """Name of the method, out of the name of a config file: ``vamp_mmrl`` of ``vamp_mmrl_vit-b16_dtd.py``."""
    stem = Path(filename).stem if filename else 'config'
    parts = stem.split('_')
    for index, part in enumerate(parts):
        if index and (part in ('icons', 'rn50') or part.startswith('vit-')):
            return '_'.join(parts[:index])
    return stem


def dataset_name(dataset: Mapping[str, Any]) -> str:
    """Name of a dataset of a config: the catalog's, the user's, or that of its folder."""
    source = dataset.get('source')
    source = source.get('name') if isinstance(source, Mapping) else source
    name = dataset.get('dataset_name') or (source if isinstance(source, str) else None)
    folder = os.path.basename(os.path.normpath(dataset.get('data_root') or 'data'))
    return str(name or folder).replace('/', '_')


def _settled(value: Any, key: str = '') -> Any:
    """Plain data with one form for equal configs, without what is free."""
    if isinstance(value, Mapping):
        return {
            str(name): _settled(inner, str(name))
            for name, inner in value.items()
            if name not in _FREE
        }
    if isinstance(value, (list, tuple)):
        return [_settled(inner, key) for inner in value]
    if isinstance(value, str):
        return _settled_text(value, key)
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, type) or callable(value):
        return f'{value.__module__}.{getattr(value, "__qualname__", repr(value))}'
    return repr(value)


def _settled_text(value: str, key: str) -> str:
    if key in _PLACES and value:
        tag, at, file = value.partition('@')  # weights of a named origin: TAG@FILE
        named = at and file and not os.path.exists(value) and os.sep not in tag
        return f'{tag}@{_place(file)}' if named else _place(value)
    if key == 'arch' and value.startswith(_LOCAL_DIR):
        folder = os.path.expanduser(value.removeprefix(_LOCAL_DIR))
        files = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        return _LOCAL_DIR + ','.join(
            _place(os.path.join(folder, name)) for name in files if name.endswith(_OF_WEIGHTS)
        )
    return value


def _place(path: str) -> str:
    """What a path is, wherever it is: its last part and, of a file, size and a digest of both ends."""
    name = os.path.basename(os.path.normpath(path))
    if not os.path.isfile(path):
        return name
    size = os.path.getsize(path)
    with open(path, 'rb') as file:
        start = file.read(_SAMPLE)
        file.seek(max(size - _SAMPLE, 0))
        digest = hashlib.sha256(start + file.read(_SAMPLE)).hexdigest()
    return f'{name}:{size}:{digest}'


def shots_in_words(shots: int | None) -> str:
    """A number of training images per class, as tables and messages write it.

    Args:
        shots: The number; negative for all images, None for what is not trained.

    Returns:
        For example ``1 shot``, ``16 shots``, ``all images`` or ``without training``.
    """
    if shots is None:
        return 'without training'
    return 'all images' if shots < 0 else f'{shots} shot{"" if shots == 1 else "s"}'
