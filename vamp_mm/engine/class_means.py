"""Class means over the training images: the prototypes of VaMP's class-aware prior."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from mmengine.dist import all_reduce
from torch import Tensor, nn
from torch.utils.data import DataLoader

from vamp_mm.messages import some

from .training_features import training_features


@torch.no_grad()
def class_means(
    model: nn.Module, loader: DataLoader, encode: Callable[[Tensor], Tensor], names: Sequence[str]
) -> Tensor:
    """Average the training features of each class, over all ranks.

    Sums and counts are kept in float64 and reduced over the ranks, so all ranks hold the same bits.

    Args:
        model: Has ``data_preprocessor``; labels are ``data_samples[i].gt_label``.
        loader: Batches of this rank's share of the images.
        encode: Preprocessed images ``(N, 3, H, W)`` -> what is averaged, ``(N, ...)``.
        names: The C class names, in label order.

    Returns:
        Means ``(C, ...)``, float64, on the CPU.

    Raises:
        ValueError: If a class has no image, or an image has not exactly one label in range.
        FloatingPointError: If a mean is not finite.
    """
    sums: Tensor | None = None
    counts = torch.zeros(len(names), dtype=torch.float64)
    for values, labels in training_features(model, loader, encode, len(names), 'class prototypes'):
        if sums is None:
            sums = values.new_zeros(len(names), *values.shape[1:])
        sums.index_add_(0, labels, values)
        counts += torch.bincount(labels, minlength=len(names))
    sums = _reduced(sums, counts)
    _check_counts(counts, names)
    means = sums / counts.view(-1, *[1] * (sums.ndim - 1))
    finite = means.flatten(1).isfinite().all(dim=1).tolist()
    broken = [name for name, fine in zip(names, finite, strict=True) if not fine]
    if broken:
        raise FloatingPointError(
            f'the prototypes of {some([*map(repr, broken)], most=5)} are not finite; look at the images '
            'of these classes and at the precision of the frozen encoder'
        )
    return means


def _reduced(sums: Tensor | None, counts: Tensor) -> Tensor:
    """Sum over ranks, ``counts`` in place; a rank without images gets the shape here."""
    shape = torch.zeros(8, dtype=torch.long)  # more axes than any prototype has; 0 fills up
    if sums is not None:
        shape[: sums.ndim] = torch.tensor(sums.shape)
    all_reduce(shape, 'max')
    if sums is None:
        sums = torch.zeros([int(size) for size in shape if size > 0], dtype=torch.float64)
    all_reduce(sums)
    all_reduce(counts)
    return sums


def _check_counts(counts: Tensor, names: Sequence[str]) -> None:
    empty = [name for name, count in zip(names, counts.tolist(), strict=True) if count == 0]
    if empty:
        raise ValueError(
            f'no training image of class {some([*map(repr, empty)], most=5)} ({len(empty)} of {len(names)} '
            "classes are empty): a prototype is the mean of a class's images. Add images "
            'or leave the class out of the training dataset'
        )
