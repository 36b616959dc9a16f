"""A model ready to answer, from a checkpoint alone or with its config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import print_log

from vamp_mm.config.compose import compose
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.overrides import apply_overrides
from vamp_mm.config.trained_settings import use_trained
from vamp_mm.config.validate import validate_config
from vamp_mm.datasets import DataError
from vamp_mm.engine import CheckpointError, check_state_dict, load_checkpoint
from vamp_mm.models.clip import EMBEDDED
from vamp_mm.registry import MODELS, SCOPE
from vamp_mm.structures import HasVocabulary

from .classes import Classes, known_classes
from .locks import BUILDING
from .metadata import check_per_class, stored_classes
from .named_files import named_files
from .stored_config import stored_config

_ICONS_ONLY = 'The embedded CLIP is tiny and has seen drawn icons only: what it says about photographs means nothing.'


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model and what it needs to answer.

    Args:
        model: In evaluation mode, on its device.
        config: The config that it was built from.
        classes: What is known about class names.
    """

    model: Any
    config: Config
    classes: Classes

    @property
    def note(self) -> str:
        """What to know before trusting its answers; empty for a CLIP of photographs."""
        backbone = self.config.model.get('backbone') or {}
        return _ICONS_ONLY if backbone.get('pretrained') == EMBEDDED else ''


def load_model(
    checkpoint: str | Path | None,
    config: str | Path | Config | None,
    device: str | torch.device | None,
    overrides: Mapping[str, Any] | None,
) -> Loaded:
    """Build the model of a checkpoint, with its CLIP, and load its weights strictly.

    Args:
        checkpoint: The file; None or ``'none'`` for a method without trained weights, which needs a config.
        config: Config of the run; None takes the one in the checkpoint, as data (nothing of it is executed).
        device: Where the model goes; None for a GPU if there is one.
        overrides: Dotted config key -> value, such as ``{'model.backbone.pretrained': '/weights/ViT-B-16.pt'}``.

    Returns:
        What answers.

    Raises:
        ConfigError: If there is neither checkpoint nor config, the config is faulty, or trained weights are missing.
        CheckpointError: If the checkpoint cannot be read, does not fit, or holds no usable config.
        FileNotFoundError: If checkpoint, config, or weights of CLIP are missing.
    """
    _check_kinds(checkpoint, config, overrides)
    if checkpoint is not None and str(checkpoint).lower() == 'none':
        checkpoint = None
    state = None if checkpoint is None else load_checkpoint(checkpoint)
    meta = (state or {}).get('meta') or {}
    said = stored_classes(meta, str(checkpoint))
    cfg = _config(checkpoint, config, meta, overrides or {})
    use_trained(cfg, meta.get('settings'))
    # what stands in a checkpoint was found to be ours, and is looked for nowhere else
    scope = SCOPE if config is None else cfg.get('default_scope') or SCOPE
    if config is None and checkpoint is not None:
        _say_files(cfg, overrides or {}, str(checkpoint))
    model = _built(cfg, scope, None if config is not None else str(checkpoint))
    if not (isinstance(model, torch.nn.Module) and isinstance(model, HasVocabulary)):
        raise ConfigError(
            [
                f'{type(model).__name__} takes no class names; this serves PromptedClassifier and its like; '
                "take mmpretrain's ImageClassificationInferencer"
            ],
            cfg.filename,
        )
    if state is not None:
        weights = state.get(
            'state_dict', {key: value for key, value in state.items() if key != 'meta'}
        )
        check_state_dict(model, weights, str(checkpoint))
        model.load_state_dict(
            {name.removeprefix('module.'): value for name, value in weights.items()}
        )
        if 'classes' in said:
            check_per_class(model, said['classes'], str(checkpoint))
    else:
        _refuse_untrained(model, cfg)
    return Loaded(
        _placed(model, device).eval(),
        cfg,
        known_classes(said, cfg, checkpoint is not None, config is not None),
    )


def _config(
    checkpoint: str | Path | None,
    config: str | Path | Config | None,
    meta: Mapping[str, Any],
    overrides: Mapping[str, Any],
) -> Config:
    if isinstance(config, Config):
        cfg = config.copy()
        apply_overrides(cfg, overrides)
    elif config is not None:
        try:
            cfg = compose(config, overrides=overrides)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise ConfigError(
                [f'it cannot be read: {error.strerror or error}'], str(config)
            ) from error
    elif checkpoint is None:
        raise ConfigError(
            [
                'without a checkpoint a config must say which model it is: --config, such as '
                'configs/clip/zero_shot_icons.py'
            ],
            'the call',
        )
    else:
        cfg = stored_config(meta, str(checkpoint))
        apply_overrides(cfg, overrides)
        return cfg  # the run that wrote it has checked it
    validate_config(cfg)
    return cfg


def _refuse_untrained(model: Any, cfg: Config) -> None:
    count = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if count:
        raise ConfigError(
            [
                f'no checkpoint is given, and the model has {count:,} trainable parameters: the answers of an '
                'untrained model would mean nothing'
            ],
            cfg.filename,
        )


def _check_kinds(checkpoint: Any, config: Any, overrides: Any) -> None:
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
        raise ConfigError(problems, 'the call')
    if checkpoint is not None and Path(checkpoint).expanduser().is_dir():
        inside = sorted(file.name for file in Path(checkpoint).expanduser().glob('*.pth'))[:8]
        what = (
            f'; give a file in it, such as {inside}'
            if inside
            else ', and no .pth file is in it; give a file'
        )
        raise ConfigError([f'checkpoint {str(checkpoint)!r} is a folder{what}'], 'the call')


def _say_files(cfg: Config, overrides: Mapping[str, Any], source: str) -> None:
    """No file of this computer is read silently because a checkpoint names it."""
    files = named_files(cfg.model, overrides, source)
    if files:
        print_log(
            f'{source} names local files, and they are read: {", ".join(files)}; others: --cfg-options',
            'current',
            20,
        )


def _built(cfg: Config, scope: str, source: str | None) -> Any:
    """The model, without weights of a checkpoint.

    ``source`` is the checkpoint that the config stood in, None for a config of its own.
    """
    try:
        with BUILDING:  # MMEngine keeps the scope of its registries in one place
            return MODELS.build(dict(cfg.model, _scope_=scope))
    except (ConfigError, DataError, CheckpointError, FileNotFoundError, MemoryError):
        raise
    except (
        Exception
    ) as error:  # constructors raise all kinds of errors on values that they do not take
        reason = ' '.join(str(error).split()) or type(error).__name__
        if source is None:
            raise ConfigError([f'the model cannot be built: {reason}'], cfg.filename) from error
        raise CheckpointError(
            f'the model in the config of {source} cannot be built: {reason}; give the config that it was '
            'trained with (--config), or set the value (--cfg-options)'
        ) from error


def _placed(model: torch.nn.Module, device: str | torch.device | None) -> torch.nn.Module:
    try:
        place = torch.device(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
        torch.zeros(1).to(place).tolist()  # a device without numbers (meta) fails too
        return model.to(place)
    except torch.OutOfMemoryError:
        raise
    except (
        RuntimeError,
        AssertionError,
        NotImplementedError,
        TypeError,
    ) as error:  # torch without CUDA asserts
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ConfigError(
            [f'device={str(device)!r} cannot be used: {reason}; leave it out, or take cpu'],
            'the call',
        ) from error
