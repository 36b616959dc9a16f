"""The config check: every key of a config is alive, or it is an error.

MMEngine accepts an unknown key in silence at the top level, and a misspelt one wherever a constructor swallows
it. The check reads signatures only; nothing is built, no data or weights are needed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from vamp_mm.arguments import fits
from vamp_mm.engine.hooks import VocabularyHook

from .effect_check import without_effect
from .errors import ConfigError
from .helper_variables import unknown_keys
from .loop_check import check_dataloader, check_evaluator, check_loop
from .part_checker import PartChecker
from .shape_check import check_shapes
from .signatures import top_level_keys
from .training_check import (
    check_custom_imports,
    check_default_hooks,
    check_env_cfg,
    check_optim_wrapper,
)
from .usual_arguments import PLAIN, TOP_LEVEL

#: Which method a run is of: set in the model's config, completed by compose.
_RUN = frozenset({'method', 'name', 'settings', 'dataset', 'protocol', 'followed', 'settings_log'})
#: Packages whose hooks are known not to set class names, except ours.
_KNOWN_PACKAGES = ('mmengine', 'mmpretrain', 'vamp_mm')
#: Keys that hold components -> their registry.
_COMPONENTS = {
    'model': 'MODELS',
    'data_preprocessor': 'MODELS',
    'param_scheduler': 'PARAM_SCHEDULERS',
    'visualizer': 'VISUALIZERS',
    'custom_hooks': 'HOOKS',
}
#: Keys that hold a component which has a type where none is given -> its registry and that type.
_DEFAULTS = {
    'log_processor': ('LOG_PROCESSORS', 'LogProcessor'),
    'model_wrapper_cfg': ('MODEL_WRAPPERS', 'MMDistributedDataParallel'),
}
#: Keys that hold the arguments of a function.
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    'randomness': Runner.set_randomness,
    'compile': torch.compile,
}
#: Keys with a check of their own; those with ``_`` in front are ends of keys.
_OWN: Mapping[str, Callable[[PartChecker, str, Any], None]] = {
    '_dataloader': check_dataloader,
    '_evaluator': check_evaluator,
    'train_cfg': check_loop,
    'val_cfg': check_loop,
    'test_cfg': check_loop,
    'optim_wrapper': check_optim_wrapper,
    'default_hooks': check_default_hooks,
    'env_cfg': check_env_cfg,
    'custom_imports': check_custom_imports,
}


def validate_config(cfg: Config, training: bool = False) -> None:
    """Raise if anything is wrong with a config.

    Args:
        cfg: A complete config of a run.
        training: Whether the run trains; then settings without effect are warned of, too.

    Raises:
        ConfigError: With all problems at once.
    """
    problems = check_config(cfg)
    if problems:
        raise ConfigError(problems, cfg.filename)
    for sentence in without_effect(cfg) if training else ():
        print_log(sentence, 'current', logging.WARNING)


def check_config(cfg: Config) -> list[str]:
    """All that is wrong with a config: unknown keys at any depth, types that no registry knows, missing keys.

    Args:
        cfg: A complete config of a run.

    Returns:
        One sentence per problem, each with the place and a suggestion; empty for a sound config.
    """
    return _check_keys(cfg) or check_shapes(cfg)


def _check_keys(cfg: Config) -> list[str]:
    """Check all top-level keys and what is below them."""
    checker = PartChecker(cfg)
    checker.problems += unknown_keys(cfg, top_level_keys())
    checker.values('', cfg, TOP_LEVEL, None)
    checker.untyped('run', cfg.get('run') or {}, _RUN)
    for key, value in cfg.items():
        if value is not None and (key not in TOP_LEVEL or fits(value, TOP_LEVEL[key])):
            _check_key(checker, key, value)
    for part in ('val', 'test'):
        _together(checker, f'{part}_cfg', f'{part}_dataloader', f'{part}_evaluator')
    if 'model' in cfg and not isinstance(cfg.model, Mapping):
        checker.problems.append(
            f'model={cfg.model!r} must be a dict with a type; inherit one from configs/_base_/models'
        )
    if not checker.problems:
        _check_class_names(checker)
    return checker.problems


def _check_key(checker: PartChecker, key: str, value: Any) -> None:
    """Check one top-level key, whose value is of the kind that the key may have."""
    if key in PLAIN:
        checker.values(key, value, PLAIN[key])
    if key in _COMPONENTS:
        checker.components(key, value, _COMPONENTS[key])
    elif key in _DEFAULTS:
        registry, default = _DEFAULTS[key]
        checker.types.visit(key, {'type': default, **value}, registry)
    elif key in _FUNCTIONS:
        checker.function(key, value, _FUNCTIONS[key])
    elif key == 'auto_scale_lr':
        checker.untyped(key, value, frozenset(PLAIN[key]))
    else:
        for end, check in _OWN.items():
            if key == end or (end.startswith('_') and key.endswith(end)):
                check(checker, key, value)


def _together(checker: PartChecker, *keys: str) -> None:
    given = [key for key in keys if checker.cfg.get(key) is not None]
    missing = [key for key in keys if key not in given]
    if given and missing:
        checker.problems.append(
            f'{" and ".join(given)} without {" and ".join(missing)}: set all of {", ".join(keys)}, '
            'or none of them'
        )


def _check_class_names(checker: PartChecker) -> None:
    """A model that answers about class names must get some: from a hook, or in a test from the loop."""
    model, hooks = checker.cfg.get('model') or {}, checker.cfg.get('custom_hooks') or ()
    target = checker.types.resolve('model.type', model.get('type'), 'MODELS') if model else None
    if not hasattr(target, 'set_vocabulary') or model.get('vocabulary') is not None:
        return
    kinds = [checker.types.resolve('custom_hooks', hook['type'], 'HOOKS') for hook in hooks]
    if any(
        (isinstance(kind, type) and issubclass(kind, VocabularyHook))
        or getattr(kind, '__module__', '').split('.')[0] not in _KNOWN_PACKAGES
        for kind in kinds
    ):
        return  # a hook of the user's own may do it
    loop = checker.cfg.get('test_cfg')
    of_test = loop is not None and not getattr(
        checker.types.resolve('test_cfg', loop.get('type', 'TestLoop'), 'LOOPS'),
        'sets_vocabulary',
        False,
    )
    what = (
        'training' if checker.cfg.get('train_cfg') is not None else 'the test' if of_test else None
    )
    if what:
        checker.problems.append(
            f'custom_hooks: {getattr(target, "__name__", target)} has no class names in {what}, and no hook gives it '
            "those of the data; add dict(type='vamp_mm.VocabularyHook')"
        )
