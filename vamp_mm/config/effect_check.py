"""Settings that are allowed and do nothing in this run: reported once, before it starts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config

from .helper_variables import unused_helpers
from .signatures import top_level_keys


@dataclass(frozen=True)
class _Idle:
    """Keys of a component that have no effect while another key has certain values."""

    component: str
    keys: tuple[str, ...]
    when: str
    idle: Callable[[Any], bool]
    default: Any


_IDLE = (
    _Idle('VariationalPrompter', ('train_samples', 'test_samples', 'test_noise', 'prior', 'prototype_source'), 'tokens',
          lambda value: value != 'variational', 'variational'),
    _Idle('VariationalPrompter', ('prototype_source', ), 'prior', lambda value: value != 'class-aware', 'class-aware'),
    _Idle('VariationalPrompter', ('test_noise', 'seed'), 'test_samples', lambda value: value == 0, 10),
    _Idle('VariationalPrompter', ('seed', ), 'test_noise', lambda value: value == 'fresh', 'shared'),
    _Idle('GaussianShift', ('log_var_start', ), 'conditional', lambda value: value is True, False),
    _Idle('GaussianShift', ('test_noise', 'seed'), 'test_samples', lambda value: value == 0, 10),
    _Idle('GaussianShift', ('seed', ), 'test_noise', lambda value: value == 'fresh', 'shared'),
    _Idle('VariationalLoss', ('warmup', 'free_nats'), 'weight', lambda value: value == 0, 1.0),
    _Idle('FewShotDataset', ('allow_short', ), 'shots', lambda value: value == -1, -1),
    _Idle('FewShotWrapper', ('allow_short', ), 'shots', lambda value: value == -1, -1),
)  # fmt: skip


def without_effect(cfg: Config) -> list[str]:
    """Settings that a training run ignores.

    Args:
        cfg: A config that has been checked.

    Returns:
        One sentence for each setting, with its key; empty where all of them count.
    """
    plain = dict(cfg.items())
    found = [*_components('', plain)]
    found += [
        f'{name} at the top level has no effect: it is a helper variable whose value is in no other part'
        for name in unused_helpers(cfg, top_level_keys())
    ]
    if cfg.get('train_cfg') is not None:
        found += [*_validation(cfg), *_schedule(cfg), *_checkpoints(cfg)]
    for part, what in (('val', 'validation'), ('test', 'test')):
        evaluator = cfg.get(f'{part}_evaluator')
        if isinstance(evaluator, (list, tuple)) and not evaluator:
            found.append(
                f'{part}_evaluator={evaluator!r} holds no metric: the {what} gives no number'
            )
    if cfg.get('resume'):
        found.append('resume=True in the config has no effect; start the command with --resume')
    return found


def _components(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for rule in _IDLE:
            setting = value.get(rule.when, rule.default)
            if _name(value) == rule.component and rule.idle(setting):
                yield from (
                    f'{path}.{key}={value[key]!r} has no effect with {path}.{rule.when}={setting!r}'
                    for key in rule.keys
                    if value.get(key) not in (None, False)
                )
        for key, item in value.items():
            yield from _components(f'{path}.{key}' if path else str(key), item)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _components(f'{path}.{index}', item)


def _validation(cfg: Config) -> Iterator[str]:
    begin, end = cfg.train_cfg.get('val_begin', 1), _epochs(cfg)
    none = cfg.get('val_cfg') is None
    never = none or begin > end
    why = (
        'the config has no val_cfg'
        if none
        else f'train_cfg.val_begin={begin} is after the {end} of this run'
    )
    for path, hook in _hooks(cfg):
        if never and hook.get('save_best'):
            yield (
                f'{path}.save_best={hook["save_best"]!r} has no effect: this run never validates ({why}); the last '
                'weights are tested'
            )
        if never and _name(hook) == 'EarlyStoppingHook':
            yield f'{path} (EarlyStoppingHook) has no effect: this run never validates ({why}); it trains to the end'
    interval = cfg.train_cfg.get('val_interval', 1)
    if not none and never:
        yield f'val_cfg has no effect: {why}'
    elif not none and interval > end:
        yield f'train_cfg.val_interval={interval} is more than the {end} of this run: it validates once, at the end'
    for key in ('val_interval', 'val_begin') if none else ():
        if key in cfg.train_cfg:
            yield f'train_cfg.{key}={cfg.train_cfg[key]} has no effect: {why}'


def _schedule(cfg: Config) -> Iterator[str]:
    end = _epochs(cfg)
    schedulers = cfg.get('param_scheduler') or []
    many = isinstance(schedulers, (list, tuple))
    for index, scheduler in enumerate(schedulers if many else [schedulers]):
        path = f'param_scheduler.{index}' if many else 'param_scheduler'
        if not scheduler.get('by_epoch', True) or scheduler.get('convert_to_iter_based'):
            continue
        begin, milestones = scheduler.get('begin', 0), scheduler.get('milestones')
        if begin >= end:
            yield f'{path}.begin={begin} has no effect: the run ends at {end}'
        elif milestones and min(milestones) >= end:
            yield f'{path}.milestones={list(milestones)} have no effect: the run ends at {end}'


def _checkpoints(cfg: Config) -> Iterator[str]:
    hook = (cfg.get('default_hooks') or {}).get('checkpoint') or {}
    interval, end = hook.get('interval', 1), _epochs(cfg)
    if not hook.get('by_epoch', True):
        return
    saved = 'only the last epoch is saved' if hook.get('save_last', True) else 'nothing is saved'
    if interval > end:
        yield f'default_hooks.checkpoint.interval={interval} is more than the {end} epochs of this run: {saved}'
        if hook.get('max_keep_ckpts', -1) > 1:
            yield f'default_hooks.checkpoint.max_keep_ckpts={hook["max_keep_ckpts"]} has no effect: {saved}'
    elif hook.get('save_begin', 0) > end:
        yield f'default_hooks.checkpoint.save_begin={hook["save_begin"]} is after the {end} epochs of this run: {saved}'


def _epochs(cfg: Config) -> float:
    """Epochs of the run, infinite where it counts steps."""
    return cfg.train_cfg.get('max_epochs', math.inf)


def _hooks(cfg: Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, hook in (cfg.get('default_hooks') or {}).items():
        if hook is not None:
            yield f'default_hooks.{name}', hook
    for index, hook in enumerate(cfg.get('custom_hooks') or ()):
        yield f'custom_hooks.{index}', hook


def _name(config: Mapping[str, Any]) -> str:
    kind = config.get('type')
    return kind.split('.')[-1] if isinstance(kind, str) else getattr(kind, '__name__', '')
