"""Training stops at the first loss that is no number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.messages import some
from vamp_mm.registry import HOOKS

from ..pending_losses import PendingLosses
from ..wrappers import unwrap_model

_SHOWN = 4
_ADVICE = (
    'Try a smaller learning rate or a longer warm-up, bfloat16 or full precision instead of '
    'float16, and look at these images. Earlier checkpoints are untouched: --resume continues from the '
    "last one with the same settings; a run with others begins with its weights by load_from='<checkpoint>'"
)


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Raises when a loss term is NaN or infinite, and refuses to save weights that are.

    Loss terms alone are looked at, never gradients: under float16 the gradient scaler meets
    infinite gradients and skips those steps, as it should. All ranks stop together, before any of
    them saves the broken weights; on a GPU when losses are logged, since looking at each step would
    make the host wait for it.

    Raises:
        FloatingPointError: Naming the terms, epoch, iteration and first images of the batch; or the
            weights.
    """

    priority = 'HIGHEST'  # before the losses of all ranks are averaged

    def __init__(self) -> None:
        self._pending: PendingLosses[_Step] = PendingLosses()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        """Check the losses of all steps that were not looked at, on all ranks."""
        terms = {key: value for key, value in (outputs or {}).items() if 'loss' in key}
        self._pending.add(terms, _Step(runner.epoch, runner.iter, batch_idx, _samples(data_batch)))
        if self._pending.due(runner, batch_idx):
            self._check(runner)

    def _check(self, runner: Runner) -> None:
        found: FloatingPointError | None = None
        for terms, step in self._pending.take():
            wrong = [key for key, value in terms.items() if not math.isfinite(value)]
            if wrong:
                # The total is broken by any term: naming it helps only where it stands alone.
                named = [key for key in wrong if key != 'loss'] or wrong
                values = ', '.join(f'{key} = {terms[key]}' for key in named)
                found = FloatingPointError(
                    f'{values} {step}; images: {_images(step.samples)}. {_ADVICE}'
                )
                break
        broken = torch.tensor([float(found is not None)])
        all_reduce(broken, 'max')
        if found is not None:
            raise found
        if broken.item():
            place = _Step(runner.epoch, runner.iter)
            raise FloatingPointError(
                f'a loss is not finite on another rank {place}, or in the steps just before. {_ADVICE}'
            )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check the weights: the last step of an epoch can break them under a finite loss."""
        trained = {
            name
            for name, value in unwrap_model(runner.model).named_parameters()
            if value.requires_grad
        }
        wrong = [
            name
            for name, value in checkpoint['state_dict'].items()
            if name in trained and not bool(torch.isfinite(value).all())
        ]
        if wrong:
            raise FloatingPointError(
                f'not saved: {len(wrong)} trained tensors are not finite, among them '
                f'{some(wrong, most=_SHOWN)}, after epoch {runner.epoch + 1}. {_ADVICE}'
            )


@dataclass(frozen=True)
class _Step:
    """Where a loss is from."""

    epoch: int
    iteration: int
    batch_idx: int | None = None
    samples: Sequence[Any] = ()

    def __str__(self) -> str:
        batch = '' if self.batch_idx is None else f' (batch {self.batch_idx + 1} of the epoch)'
        return f'in epoch {self.epoch + 1}, iteration {self.iteration + 1}{batch}'


def _samples(data_batch: Any) -> Sequence[Any]:
    """The data samples of a batch, without its images."""
    samples = data_batch.get('data_samples') if isinstance(data_batch, Mapping) else None
    return () if samples is None else samples


def _images(samples: Sequence[Any]) -> str:
    paths = [
        str(path) for path in (getattr(sample, 'img_path', None) for sample in samples) if path
    ]
    if not paths:
        return 'unknown (the data samples hold no img_path)'
    return some(paths, most=_SHOWN)
