"""Selective prediction: how errors are ordered by a score of certainty."""

from __future__ import annotations

import torch
from torch import Tensor


def aurc(certainty: Tensor, correct: Tensor) -> float:
    """Area under the risk-coverage curve (Geifman & El-Yaniv 2017).

    Answer only the k most certain of N images: risk(k) is the share of errors among them, and the
    area is the mean of risk(k) over k = 1..N. Lower is better; a constant score gives the error
    rate. Images of equal certainty count in the mean over all their orders, so the result does not
    depend on the order of the images.

    Args:
        certainty: ``(N,)`` any score, larger where the prediction is more certain.
        correct: ``(N,)`` 1 or True where the prediction is right.

    Returns:
        The area, in [0, 1].

    Raises:
        ValueError: If there is no image, the shapes differ, or a score is NaN.
    """
    if certainty.ndim != 1 or certainty.shape != correct.shape or not len(certainty):
        raise ValueError(
            f'needs two vectors of one length >= 1, got certainty {tuple(certainty.shape)} and '
            f'correct {tuple(correct.shape)}'
        )
    if certainty.isnan().any():
        raise ValueError(f'{int(certainty.isnan().sum())} of {len(certainty)} certainties are NaN')
    order = certainty.argsort(descending=True, stable=True)
    errors = 1.0 - correct[order].double()  # (N,)
    _, group, sizes = certainty[order].unique_consecutive(return_inverse=True, return_counts=True)
    # each image of a tie carries the mean error of the tie: the expectation over its orders
    mean_error = torch.zeros(len(sizes), dtype=torch.float64).index_add_(0, group, errors) / sizes
    ranks = torch.arange(1, len(errors) + 1, dtype=torch.float64)
    return float((mean_error[group].cumsum(0) / ranks).mean())
