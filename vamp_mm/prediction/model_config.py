"""Which config a model is built from: one that is given, or the one in its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from vamp_mm.config.compose import compose
from vamp_mm.config.errors import THE_CALL, ConfigError
from vamp_mm.config.overrides import apply_overrides
from vamp_mm.config.trained_settings import use_trained
from vamp_mm.config.validate import validate_config

from .checkpoint import Checkpoint, refuse_other_method, warn_of_changes
from .limits import MOST_UNITS, number_problems
from .named_files import named_files
from .stored_config import stored_config


def model_config(
    stored: Checkpoint | None,
    config: str | Path | Config | None,
    overrides: Mapping[str, Any] | None,
) -> Config:
    """The config of a model, with the settings that its weights were trained with.

    Args:
        stored: The checkpoint, None for a method without trained weights.
        config: Config of the run; None takes the one in the checkpoint, as data.
        overrides: Dotted config key -> value.

    Returns:
        A config of its own.

    Raises:
        ConfigError: If there is neither checkpoint nor config, the config is faulty, or an argument is of a wrong type.
        CheckpointError: If the checkpoint holds no usable config.
        FileNotFoundError: If the config is missing.
    """
    overrides = overrides or {}
    if config is not None:
        cfg = _given_config(config, overrides)
        validate_config(cfg)
    elif stored is not None:  # checked by the run that wrote it
        cfg = stored_config(stored.meta, stored.source)
        apply_overrides(cfg, overrides)
        # those of the file were checked before
        if problems := number_problems(cfg.model, 'model', MOST_UNITS):
            raise ConfigError(problems, THE_CALL)
        _report_files(cfg, overrides, stored.source)
    else:
        raise ConfigError(
            [
                'without a checkpoint a config must name the model: --config, such as '
                'configs/clip/zero_shot_icons.py'
            ],
            THE_CALL,
        )
    if stored is not None:
        refuse_other_method(cfg, stored)
        use_trained(cfg, stored.settings)
        warn_of_changes(cfg, stored)
    return cfg


def check_types(checkpoint: Any, config: Any, overrides: Any) -> None:
    """Refuse arguments of a type that is not allowed.

    Args:
        checkpoint: A file.
        config: A file or a config.
        overrides: A dict.

    Raises:
        ConfigError: If one is neither None nor of its types; all of them are named.
    """
    allowed = (
        ('checkpoint', checkpoint, (str, Path), 'a file (str or Path)'),
        ('config', config, (str, Path, Config), 'a file (str or Path) or a Config'),
        ('overrides', overrides, Mapping, 'a dict of dotted keys'),
    )
    problems = [
        f'{name}={value!r} is of type {type(value).__name__}; give {what}, or None'
        for name, value, kinds, what in allowed
        if value is not None and not isinstance(value, kinds)
    ]
    if problems:
        raise ConfigError(problems, THE_CALL)


def _given_config(config: str | Path | Config, overrides: Mapping[str, Any]) -> Config:
    if isinstance(config, Config):
        cfg = config.copy()
        apply_overrides(cfg, overrides)
        return cfg
    try:
        return compose(config, overrides=overrides)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError([f'it cannot be read: {error.strerror or error}'], str(config)) from error


def _report_files(cfg: Config, overrides: Mapping[str, Any], source: str) -> None:
    """No file of this computer is read silently because a checkpoint names it."""
    files = named_files(cfg.model, overrides, source)
    if files:
        print_log(
            f'{source} names local files, which are read: {", ".join(files)}; --cfg-options sets others',
            'current',
            20,
        )
