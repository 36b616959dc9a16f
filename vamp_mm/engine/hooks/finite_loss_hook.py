"""Training stops at the first loss that is no number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.messages import some
from vamp_mm.registry import HOOKS

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
    them saves the broken weights.

    Raises:
        FloatingPointError: Naming the terms, epoch, iteration and first images of the batch; or the
            weights.
    """

    priority = 'HIGHEST'  # before the losses of all ranks are averaged

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        """Check the losses of this step on all ranks."""
        terms = {key: value for key, value in (outputs or {}).items() if 'loss' in key}
        wrong = [key for key, value in terms.items() if not _finite(value)]
        broken = torch.tensor([float(bool(wrong))])
        all_reduce(broken, 'max')
        if not broken.item():
            return
        place = (
            f'in epoch {runner.epoch + 1}, iteration {runner.iter + 1} '
            f'(batch {batch_idx + 1} of the epoch)'
        )
        if not wrong:
            raise FloatingPointError(f'a loss is not finite on another rank {place}. {_ADVICE}')
        # The total is broken by any term: naming it helps only where it stands alone.
        named = [key for key in wrong if key != 'loss'] or wrong
        values = ', '.join(f'{key} = {_mean(terms[key])}' for key in named)
        raise FloatingPointError(f'{values} {place}; images: {_images(data_batch)}. {_ADVICE}')

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


def _finite(value: Any) -> bool:
    return bool(torch.isfinite(torch.as_tensor(value)).all())


def _mean(value: Any) -> float:
    return torch.as_tensor(value).detach().float().mean().item()


def _images(data_batch: Any) -> str:
    samples = data_batch.get('data_samples') if isinstance(data_batch, Mapping) else None
    paths = [
        str(path)
        for path in (getattr(sample, 'img_path', None) for sample in samples or ())
        if path
    ]
    if not paths:
        return 'unknown (the data samples hold no img_path)'
    return some(paths, most=_SHOWN)
