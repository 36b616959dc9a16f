"""A model ready to answer, from a checkpoint alone or with its config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import print_log

from vamp_mm.datasets import DataError
from vamp_mm.datasets.prompts import dataset_vocabulary
from vamp_mm.engine import check_state_dict, load_checkpoint
from vamp_mm.engine.protocol import SpeaksOfClasses
from vamp_mm.models.clip import EMBEDDED
from vamp_mm.registry import MODELS, SCOPE
from vamp_mm.structures import Vocabulary, as_read

from ..compose import compose
from ..config_check import validate_config
from ..config_vocabulary import OF_TESTING, OF_TRAINING, config_templates, config_vocabulary
from ..errors import ConfigError
from ..overrides import apply_overrides
from ..trained_settings import use_trained
from .stored_config import stored_config

_ICONS_ONLY = 'The embedded CLIP is tiny and has seen drawn icons only: what it says about photographs means nothing.'


@dataclass(frozen=True)
class Classes:
    """What is known about class names before any are asked for.

    Args:
        names: Those of the training, None if unknown.
        templates: Those of the training.
        homonyms: Names known to stand for several labels.
        trained: Whether ``names`` are what the weights were trained on.
        why: Why there are no names.
    """

    names: tuple[str, ...] | None
    templates: str | Sequence[str]
    homonyms: tuple[str, ...] = ()
    trained: bool = True
    why: str = ''

    def vocabulary(self, names: Sequence[str] | None = None, templates: str | Sequence[str] | None = None) -> Vocabulary:
        """What the model is to answer about.

        Classes count as seen if the model was trained on all of them, or if nothing is known of its training: the rule of
        ``VocabularyHook``. Names are compared as the text tower reads them.

        Args:
            names: Class names; None for those of the training.
            templates: Sentences with one ``{}``; None for those of the training.

        Returns:
            The vocabulary.

        Raises:
            DataError: If there are fewer than two classes, names coincide, or a template is wrong.
            ConfigError: If no names are given and none are known.
        """
        if isinstance(names, str):
            raise DataError(f'classes={names!r} is one word; give a sequence of class names')
        if isinstance(names, Set):
            raise DataError(f'classes={names!r} is a set, which has no order for labels; give a list of class names')
        if names is None and self.names is None:
            raise ConfigError([f'no class names are known ({self.why}); give classes (--classes cat dog ...)'], 'the call')
        chosen = tuple(self.names or ()) if names is None else tuple(names)
        if len(chosen) < 2:
            raise DataError(f'classes={list(chosen)}: telling classes apart needs two')
        homonyms = self.homonyms if names is None else ()
        made = dataset_vocabulary(chosen, self.templates if templates is None else templates, homonyms)
        known = {as_read(name) for name in self.names or ()} if self.trained else set()
        seen = not known or known.issuperset(map(as_read, made.names))
        return Vocabulary(made.names, made.templates, seen, made.homonyms)


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


def load_model(checkpoint: str | Path | None, config: str | Path | Config | None, device: str | torch.device | None,
               overrides: Mapping[str, Any] | None) -> Loaded:
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
    if checkpoint is not None and str(checkpoint).lower() == 'none':
        checkpoint = None
    state = None if checkpoint is None else load_checkpoint(checkpoint)
    meta = (state or {}).get('meta') or {}
    cfg = _config(checkpoint, config, meta, overrides or {})
    use_trained(cfg, meta.get('settings'))
    # what stands in a checkpoint was found to be ours, and is looked for nowhere else
    scope = SCOPE if config is None else cfg.get('default_scope') or SCOPE
    model: Any = MODELS.build(dict(cfg.model, _scope_=scope))
    if not (isinstance(model, torch.nn.Module) and isinstance(model, SpeaksOfClasses)):
        raise ConfigError([f'{type(model).__name__} takes no class names; this serves PromptedClassifier and its like; '
                           "take mmpretrain's ImageClassificationInferencer"], cfg.filename)
    if state is not None:
        weights = state.get('state_dict', {key: value for key, value in state.items() if key != 'meta'})
        check_state_dict(model, weights, str(checkpoint))
        model.load_state_dict({name.removeprefix('module.'): value for name, value in weights.items()})
    else:
        _refuse_untrained(model, cfg)
    place = torch.device(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
    return Loaded(model.to(place).eval(), cfg, _classes(meta, cfg, checkpoint is not None, config is not None))


def _config(checkpoint: str | Path | None, config: str | Path | Config | None, meta: Mapping[str, Any],
            overrides: Mapping[str, Any]) -> Config:
    if isinstance(config, Config):
        cfg = config.copy()
        apply_overrides(cfg, overrides)
    elif config is not None:
        cfg = compose(config, overrides=overrides)
    elif checkpoint is None:
        raise ConfigError(['without a checkpoint a config must say which model it is: --config, such as '
                           'configs/clip/zero_shot_icons.py'], 'the call')
    else:
        cfg = stored_config(meta, str(checkpoint))
        apply_overrides(cfg, overrides)
        return cfg  # the run that wrote it has checked it
    validate_config(cfg)
    return cfg


def _refuse_untrained(model: Any, cfg: Config) -> None:
    count = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if count:
        raise ConfigError([f'no checkpoint is given, and the model has {count:,} trainable parameters: the answers of an '
                           'untrained model would mean nothing'], cfg.filename)


def _classes(meta: Mapping[str, Any], cfg: Config, trained: bool, has_config: bool) -> Classes:
    data = meta.get('dataset_meta') or {}
    if data.get('classes'):
        given = data.get('templates') or _hook_templates(cfg)
        templates = given or config_templates({})
        return Classes(tuple(data['classes']), templates, tuple(data.get('homonyms') or ()))
    found = _classes_of_config(cfg, trained) if has_config else Classes(
        None, config_templates({}), why='the checkpoint does not say what it was trained on')
    if trained and found.names is None:
        print_log(f'{found.why}; any classes count as trained on, which changes the answers of methods that tell trained '
                  'classes from others (MMRL and its kin)', 'current', 30)
    return found


def _classes_of_config(cfg: Config, trained: bool) -> Classes:
    loaders = OF_TRAINING if trained else OF_TESTING
    dataset: dict[str, Any] = next((cfg[loader]['dataset'] for loader in loaders if cfg.get(loader)), {})
    try:
        found = config_vocabulary(cfg, None, loaders)
    except (FileNotFoundError, DataError, ConfigError) as error:
        return Classes(None, config_templates(dataset), why=f'the data of the config are not at hand: {error}')
    return Classes(found.names, found.templates, found.homonyms, trained)


def _hook_templates(cfg: Config) -> Sequence[str] | None:
    """What the VocabularyHook of a config says for datasets without templates."""
    hooks = [hook for hook in cfg.get('custom_hooks') or () if str(hook.get('type', '')).endswith('VocabularyHook')]
    return next((tuple(hook['templates']) for hook in hooks if hook.get('templates')), None)
