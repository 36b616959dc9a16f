"""A model ready to answer, from its checkpoint, with or without a config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from vamp_mm.config.errors import THE_CALL, ConfigError
from vamp_mm.datasets import DataError
from vamp_mm.engine import CheckpointError
from vamp_mm.models.clip import EMBEDDED
from vamp_mm.registry import MODELS, SCOPE
from vamp_mm.structures import HasVocabulary

from .checkpoint import load_weights, read_if_any
from .classes import Classes, known_classes
from .locks import BUILDING
from .model_config import check_types, model_config

_ICONS_ONLY = 'The embedded CLIP is tiny and was trained on drawn icons only: its predictions for photographs mean nothing.'


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model that is ready to predict.

    Args:
        model: In evaluation mode, on its device.
        config: The config that it was built from.
        classes: The classes of its training, as far as they are known.
    """

    model: Any
    config: Config
    classes: Classes

    @property
    def note(self) -> str:
        """A warning about the CLIP in use; empty for one trained on photographs."""
        backbone = self.config.model.get('backbone') or {}
        return _ICONS_ONLY if backbone.get('pretrained') == EMBEDDED else ''


def load_model(
    checkpoint: str | Path | None,
    config: str | Path | Config | None = None,
    device: str | torch.device | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """Build the model of a checkpoint, with its CLIP, and load its weights strictly.

    Args:
        checkpoint: The file; None or ``'none'`` for a method without trained weights, which needs a config.
        config: Config of the run; None takes the one in the checkpoint, as data (nothing in it is executed).
        device: Where the model goes; None for a GPU if there is one.
        overrides: Dotted config key -> value, such as ``{'model.backbone.pretrained': '/weights/ViT-B-16.pt'}``.

    Returns:
        The model, its config and its classes.

    Raises:
        ConfigError: If there is neither checkpoint nor config, the config is faulty, or trained weights are missing.
        CheckpointError: If the checkpoint cannot be read, does not fit, or holds no usable config.
        FileNotFoundError: If checkpoint, config, or weights of CLIP are missing.
    """
    check_types(checkpoint, config, overrides)
    place = usable_device(device)
    stored = read_if_any(checkpoint)
    cfg = model_config(stored, config, overrides)
    model = build_model(cfg, stored.source if stored is not None and config is None else None)
    if stored is None:
        refuse_untrained(model, cfg)
    else:
        load_weights(model, stored)
    return Loaded(
        model.to(place).eval(),
        cfg,
        known_classes(stored, cfg, has_config=config is not None),
    )


def build_model(cfg: Config, source: str | None = None) -> Any:
    """Build the model of a config, without trained weights.

    Args:
        cfg: The config.
        source: The checkpoint that the config was read from; None for a config of its own.

    Returns:
        A ``PromptedClassifier``, or another module that takes class names.

    Raises:
        ConfigError: If a config of its own cannot be built, or the model takes no class names.
        CheckpointError: If the config of a checkpoint cannot be built.
        FileNotFoundError: If weights of CLIP are missing.
    """
    model = _built(cfg, source)
    if not (isinstance(model, torch.nn.Module) and isinstance(model, HasVocabulary)):
        raise ConfigError(
            [
                f'{type(model).__name__} takes no class names; this works for PromptedClassifier and models like it; '
                "for others use mmpretrain's ImageClassificationInferencer"
            ],
            cfg.filename,
        )
    return model


def refuse_untrained(model: torch.nn.Module, cfg: Config) -> None:
    """Refuse a model that is trained and was given no checkpoint.

    Args:
        model: The model.
        cfg: Its config, for the message.

    Raises:
        ConfigError: If it has trainable parameters.
    """
    count = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if count:
        raise ConfigError(
            [
                f'no checkpoint is given, and the model has {count:,} trainable parameters: the predictions of an '
                'untrained model would mean nothing'
            ],
            cfg.filename,
        )


def _built(cfg: Config, source: str | None) -> Any:
    # the parts named in a checkpoint were checked to be ours, and are searched in no other scope
    scope = SCOPE if source is not None else cfg.get('default_scope') or SCOPE
    try:
        with BUILDING:  # MMEngine keeps the scope of its registries in one place
            return MODELS.build(dict(cfg.model, _scope_=scope))
    except (ConfigError, DataError, CheckpointError, FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # constructors raise all kinds of errors on wrong values
        reason = ' '.join(str(error).split()) or type(error).__name__
        if source is None:
            raise ConfigError([f'the model cannot be built: {reason}'], cfg.filename) from error
        raise CheckpointError(
            f'the model in the config of {source} cannot be built: {reason}; give the config that it was '
            'trained with (--config), or set the value (--cfg-options)'
        ) from error


def usable_device(device: str | torch.device | None) -> torch.device:
    """The device of a model, on which numbers can be stored.

    Args:
        device: Its name; None for a GPU if there is one.

    Returns:
        The device.

    Raises:
        ConfigError: If it is not a device, or not there.
    """
    try:
        place = torch.device(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
        torch.zeros(1).to(place).tolist()  # a device without numbers (meta) fails too
        return place
    except torch.OutOfMemoryError:
        raise
    except (
        RuntimeError,
        AssertionError,
        NotImplementedError,
        TypeError,
    ) as error:  # torch without CUDA asserts
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if reason.startswith(('Expected one of', 'Invalid device string')):  # of some twenty names
            reason = 'it is not a device; devices are cpu, cuda, cuda:1, mps ...'
        raise ConfigError(
            [f'device={str(device)!r} cannot be used: {reason}; leave it out, or use cpu'],
            THE_CALL,
        ) from error
