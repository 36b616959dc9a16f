"""Options of a run that set values of its config: seed, shots, precision, single values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from mmengine.config import Config
from mmengine.utils import import_modules_from_strings

from .data import holders
from .errors import ConfigError
from .overrides import apply_overrides


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


def set_seed(cfg: Config, seed: int) -> None:
    """Set the seed of the run and of the few-shot subset, in place.

    Args:
        cfg: The config to change.
        seed: From 0 to 2^32 - 1.

    Raises:
        ConfigError: If the seed is out of range.
    """
    if type(seed) is not int or not 0 <= seed < 2**32:
        raise ConfigError(
            [f'--seed {seed!r} must be an integer from 0 to {2**32 - 1}'], cfg.filename
        )
    cfg.randomness = {**(cfg.get('randomness') or {}), 'seed': seed}
    set_in_data(cfg, 'seed', seed, required=False)


def set_in_data(cfg: Config, key: str, value: int, required: bool = True) -> None:
    """Set a key of the few-shot training set and, where there is one, of the validation set, in place.

    Args:
        cfg: The config to change.
        key: The key.
        value: Its value.
        required: Whether a config without such a key is an error.

    Raises:
        ConfigError: If it is required and not there, or the value is not allowed.
    """
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


def override(cfg: Config, overrides: Mapping[str, Any]) -> None:
    """Set single values, in place; custom imports first, since other values may name their components.

    Args:
        cfg: The config to change.
        overrides: Dotted key -> value.

    Raises:
        ConfigError: If a key does not exist or a value is not allowed.
    """
    _import_asked(
        cfg, {key: overrides[key] for key in overrides if key.split('.')[0] == 'custom_imports'}
    )
    apply_overrides(cfg, dict(overrides))
