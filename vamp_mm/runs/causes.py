"""Likely causes when training makes CLIP worse, read from the settings of a run."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.config import Config

from vamp_mm.config.data import holders
from vamp_mm.registry import MODELS

from .few_steps import FEW_STEPS

#: Fewer optimiser steps than this leave a random context far from words: ten times what a short run makes.
_RANDOM_STEPS = 10 * FEW_STEPS
#: Settings for how much of the towers a method edits.
_LAYERS = (
    'depth',
    'vision_depth',
    'text_depth',
    'start',
    'vision_start',
    'text_start',
    'num_tokens',
    'vision_tokens',
    'text_tokens',
)


def likely_causes(cfg: Config, steps: int | None) -> list[str]:
    """Likely causes of a model that is worse than zero-shot CLIP, the settings to look at among them.

    Args:
        cfg: Config of the run.
        steps: Optimiser steps of the run, None if unknown.

    Returns:
        Parts of a sentence, the most likely first.
    """
    few = steps is not None and steps < FEW_STEPS
    causes = list(_random_context(cfg, steps))
    if few:
        causes.append(
            f'only {steps} optimiser step{"" if steps == 1 else "s"} (train_cfg, train_dataloader.batch_size)'
        )
    # a lower rate in a run of few steps would change even less
    if rate := _warm_up(cfg, steps) or (None if few else _rate(cfg)):
        causes.append(rate)
    layers = [
        f'model.prompter.{key}={value}' for key, value in _layers(cfg.model.get('prompter') or {})
    ]
    if layers:
        causes.append(f'more layers or tokens than this CLIP takes ({", ".join(layers)})')
    augmentation = list(_augmentation(cfg))
    if augmentation:
        causes.append(
            f'augmentation that hides what the class is ({", ".join(augmentation)} in the training pipeline)'
        )
    return causes


def _random_context(cfg: Config, steps: int | None) -> Iterator[str]:
    """Learned words that start at random, in a run that is too short for them."""
    if steps is None or steps >= _RANDOM_STEPS:
        return
    prompter = cfg.model.get('prompter') or {}
    for place, config in (
        ('model.prompter', prompter),
        ('model.prompter.host', prompter.get('host') or {}),
    ):
        kind = config.get('type')
        kind = MODELS.get(kind) if isinstance(kind, str) else kind
        context = (
            inspect.signature(kind).parameters.get('context') if isinstance(kind, type) else None
        )
        if context is not None and config.get('context', context.default) is None:
            count = f'{steps} optimiser step' + ('' if steps == 1 else 's')
            yield (
                f'a context that starts from random words ({place}.context=None) and has hardly been trained in {count}; '
                f"a text such as {place}.context='a photo of a' starts from zero-shot CLIP's own"
            )


def _warm_up(cfg: Config, steps: int | None) -> str | None:
    """A warm-up that covers the whole run; None if there is none."""
    schedulers = cfg.get('param_scheduler') or []
    epochs = (cfg.get('train_cfg') or {}).get('max_epochs')
    for scheduler in schedulers if isinstance(schedulers, list) else [schedulers]:
        default = 1 if str(scheduler.get('type')).rsplit('.', 1)[-1] == 'WarmupCosineLR' else 0
        warm_up = scheduler.get('warmup_epochs', default)
        length = epochs if scheduler.get('by_epoch', True) else steps
        if warm_up and length is not None and warm_up >= length:
            return f'a learning rate that never leaves the warm-up (param_scheduler.warmup_epochs={warm_up})'
    return None


def _rate(cfg: Config) -> str:
    rate = ((cfg.get('optim_wrapper') or {}).get('optimizer') or {}).get('lr')
    if not isinstance(rate, (int, float)):
        return 'a learning rate that does not fit'
    if rate == 0:
        return 'a learning rate of 0 (optim_wrapper.optimizer.lr)'
    return (
        f'a learning rate that is too high (optim_wrapper.optimizer.lr={rate:g}; try {rate / 10:g})'
    )


def _layers(prompter: Mapping[str, Any], place: str = '') -> Iterator[tuple[str, Any]]:
    for key, value in prompter.items():
        if key in _LAYERS and isinstance(value, int) and not isinstance(value, bool):
            if value or key.endswith('start'):  # a depth of 0 edits nothing
                yield place + key, value
        elif key in ('host', 'adapter') and isinstance(value, Mapping):
            yield from _layers(value, f'{key}.')


def _augmentation(cfg: Config) -> Iterator[str]:
    """Random transforms of the training pipeline, with the scale of crops."""
    for loader, _, holder in holders(cfg):
        for step in (
            (holder['dataset'].get('pipeline') or []) if loader == 'train_dataloader' else []
        ):
            name = (
                str(step.get('type', '')).rsplit('/', 1)[-1].rsplit('.', 1)[-1]
                if isinstance(step, Mapping)
                else ''
            )
            if any(word in name for word in ('Random', 'Jitter', 'Augment', 'Erasing')):
                scale = step.get('scale') or step.get('crop_ratio_range')
                yield name + (f' scale={tuple(scale)}' if isinstance(scale, (list, tuple)) else '')
