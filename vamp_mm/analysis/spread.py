"""How wide the posterior of a variational method is, by prompted block and by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vamp_mm.ops import gaussian_kl
from vamp_mm.structures import EMBED, Latent, PromptPlan

from .opened import Opened


@dataclass(frozen=True, eq=False)
class Spread:
    """Averages over the images of each class.

    Args:
        split: Name of the split.
        classes: The C class names that have images.
        layers: Names of the H prompted blocks.
        images: ``(C,)`` number of images.
        std: ``(C, H)`` standard deviation of the posterior, mean over images, tokens and dimensions.
        moved: ``(C, H)`` how far the posterior mean moves from image to image: its standard deviation over the images of
            the class, root mean square over tokens and dimensions.
        kl: ``(C, H)`` KL(q || p) to the prior in nats, summed over tokens and dimensions; NaN for classes that have no
            prior because the model was not trained on them.
    """

    split: str
    classes: tuple[str, ...]
    layers: tuple[str, ...]
    images: np.ndarray
    std: np.ndarray
    moved: np.ndarray
    kl: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """Classes from the widest posterior to the narrowest."""
        return np.argsort(-self.std.mean(axis=1), kind='stable')

    def overall(self, values: np.ndarray) -> np.ndarray:
        """``(H,)`` mean over images of values ``(C, H)``; classes without a value are left out."""
        known = ~np.isnan(values[:, 0])
        if not known.any():
            return np.full(values.shape[1], np.nan)
        return self.images[known] @ values[known] / self.images[known].sum()


@torch.no_grad()
def measure_spread(opened: Opened) -> Spread:
    """Run the posterior on all images; no text is encoded.

    Args:
        opened: Model and images.

    Returns:
        The averages.
    """
    names = opened.names
    labels = _training_labels(opened)
    sums = _Sums(len(names))
    for data in opened.batches('posterior'):
        target = torch.cat([sample.gt_label for sample in data['data_samples']]).cpu()  # (N,)
        known = labels[target] >= 0
        prior = (
            labels[target].clamp_min(0).to(opened.model.backbone.device)
            if bool(known.any())
            else None
        )
        plan = opened.model.plan(data['inputs'], prior)
        assert plan.latent is not None
        sums.add(plan.latent, target, known)
        sums.layers = layer_names(plan)
    return sums.spread(opened.split, names)


def layer_names(plan: PromptPlan) -> tuple[str, ...]:
    """What the H blocks of a plan's latent are called, in order.

    Args:
        plan: A plan with a latent.

    Returns:
        ``'words'`` for what enters among the word embeddings, ``'block 3'`` (counted from 0) for the others.
    """
    assert plan.latent is not None
    count = plan.latent.mean.shape[1]
    layers = [edit.layer for edit in plan.text_tower.edits][:count]
    return tuple('words' if layer == EMBED else f'block {layer}' for layer in layers)


def _training_labels(opened: Opened) -> Tensor:
    """``(C,)`` label in the training of each class of the split, -1 for classes without a prior of their own."""
    prompter: Any = opened.model.prompter
    if not getattr(prompter, 'needs_prototypes', False):
        return torch.zeros(len(opened.names), dtype=torch.long)  # one prior for all
    if opened.trained_on is None or len(opened.trained_on) != prompter.num_prototypes:
        return torch.full((len(opened.names),), -1)
    place = {name: label for label, name in enumerate(opened.trained_on)}
    return torch.tensor([place.get(name, -1) for name in opened.names])


class _Sums:
    """Sums over images by class, in float64.

    Args:
        classes: Number of classes C.
    """

    def __init__(self, classes: int) -> None:
        self.layers: tuple[str, ...] = ()
        self._images = torch.zeros(classes, dtype=torch.long)
        self._sums: dict[str, Tensor] = {}

    def add(self, latent: Latent, target: Tensor, known: Tensor) -> None:
        """Add a batch.

        Args:
            latent: Its posterior and, for classes that have one, its prior.
            target: ``(N,)`` labels.
            known: ``(N,)`` whether the prior is that of the image's class.
        """
        mean, log_var = (
            value.double().cpu().expand(len(target), -1, -1, -1)
            for value in (latent.mean, latent.log_var)
        )
        self._images += torch.bincount(target, minlength=len(self._images))
        self._add('std', (0.5 * log_var).exp().mean(dim=(-1, -2)), target)
        self._add('mean', mean.flatten(-2), target)
        self._add('square', mean.square().mean(dim=(-1, -2)), target)
        kl = torch.full(mean.shape[:2], torch.nan, dtype=torch.float64)
        if latent.prior_mean is not None and latent.prior_log_var is not None:
            prior = (value.double().cpu() for value in (latent.prior_mean, latent.prior_log_var))
            kl = gaussian_kl(mean, log_var, *prior).sum(dim=(-1, -2))
        self._add('kl', torch.where(known[:, None], kl, torch.nan), target)

    def spread(self, split: str, names: Sequence[str]) -> Spread:
        """The averages of all classes that have images."""
        there = self._images > 0
        count = self._images[there].double()
        means = {
            key: values[there] / count.view(-1, *[1] * (values.ndim - 1))
            for key, values in self._sums.items()
        }
        # rounding may leave -1e-20
        moved = (means['square'] - means['mean'].square().mean(dim=-1)).clamp_min(0).sqrt()
        return Spread(
            split,
            tuple(name for name, has in zip(names, there.tolist(), strict=True) if has),
            self.layers,
            self._images[there].numpy(),
            means['std'].numpy(),
            moved.numpy(),
            means['kl'].numpy(),
        )

    def _add(self, key: str, values: Tensor, target: Tensor) -> None:
        if key not in self._sums:
            self._sums[key] = values.new_zeros(len(self._images), *values.shape[1:])
        self._sums[key].index_add_(0, target, values)
