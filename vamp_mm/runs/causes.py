"""What usually is the matter when training makes CLIP worse, with the settings of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.config import Config

from vamp_mm.config.data import holders

from .few_steps import FEW_STEPS

#: Settings that say how much of the towers a method edits.
_LAYERS = ('depth', 'vision_depth', 'text_depth', 'start', 'vision_start', 'text_start', 'num_tokens', 'vision_tokens',
           'text_tokens')


def likely_causes(cfg: Config, steps: int | None) -> list[str]:
    """Likely causes of a model that is worse than zero-shot CLIP, the settings to look at among them.

    Args:
        cfg: Config of the run.
        steps: Optimiser steps of the run, None if unknown.

    Returns:
        Parts of a sentence, the most likely first.
    """
    causes = [f'only {steps} optimiser steps (train_cfg, train_dataloader.batch_size)'] if (
        steps is not None and steps < FEW_STEPS) else []
    causes.append(_rate(cfg))
    layers = [f'model.prompter.{key}={value}' for key, value in _layers(cfg.model.get('prompter') or {})]
    if layers:
        causes.append(f'more layers or tokens than this CLIP takes ({", ".join(layers)})')
    augmentation = list(_augmentation(cfg))
    if augmentation:
        causes.append(f'augmentation that hides what the class is ({", ".join(augmentation)} in the training pipeline)')
    return causes


def _rate(cfg: Config) -> str:
    schedulers = cfg.get('param_scheduler') or []
    epochs = (cfg.get('train_cfg') or {}).get('max_epochs')
    for scheduler in schedulers if isinstance(schedulers, list) else [schedulers]:
        warm_up = scheduler.get('warmup_epochs', 0)
        if epochs is not None and warm_up >= epochs:
            return f'a learning rate that never leaves the warm-up (param_scheduler.warmup_epochs={warm_up})'
    rate = ((cfg.get('optim_wrapper') or {}).get('optimizer') or {}).get('lr')
    if not isinstance(rate, (int, float)):
        return 'a learning rate that does not fit'
    return f'a learning rate that is too high (optim_wrapper.optimizer.lr={rate:g}; try {rate / 10:g})'


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
        for step in (holder['dataset'].get('pipeline') or []) if loader == 'train_dataloader' else []:
            name = str(step.get('type', '')).rsplit('/', 1)[-1].rsplit('.', 1)[-1] if isinstance(step, Mapping) else ''
            if any(word in name for word in ('Random', 'Jitter', 'Augment', 'Erasing')):
                scale = step.get('scale') or step.get('crop_ratio_range')
                yield name + (f' scale={tuple(scale)}' if isinstance(scale, (list, tuple)) else '')
