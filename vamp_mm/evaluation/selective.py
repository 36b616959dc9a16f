"""Selective prediction: how errors are ordered by a score of certainty."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

#: Percent of the images at which ``risk_coverage`` looks.
COVERAGES = tuple(range(5, 101, 5))


def risks(certainty: Tensor, correct: Tensor) -> Tensor:
    """Share of errors among the k most certain of N images, for every k.

    Images of equal certainty count in the mean over all their orders, so the result does not depend on the order of
    the images.

    Args:
        certainty: ``(N,)`` any score, larger where the prediction is more certain.
        correct: ``(N,)`` 1 or True where the prediction is right.

    Returns:
        ``(N,)`` float64, for k = 1..N.

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
    return mean_error[group].cumsum(0) / ranks


def aurc(certainty: Tensor, correct: Tensor) -> float:
    """Area under the risk-coverage curve (Geifman & El-Yaniv 2017).

    Answer only the k most certain of N images: risk(k) is the share of errors among them, and the
    area is the mean of risk(k) over k = 1..N. Lower is better; a constant score gives the error
    rate. Ties as in :func:`risks`.

    Args:
        certainty: ``(N,)`` any score, larger where the prediction is more certain.
        correct: ``(N,)`` 1 or True where the prediction is right.

    Returns:
        The area, in [0, 1].
    """
    return float(risks(certainty, correct).mean())


def selective_accuracy(certainty: Tensor, correct: Tensor, coverage: int) -> float:
    """Accuracy of the most certain images when the rest is not answered.

    Of N images ``ceil(coverage N / 100)`` are answered: never less than requested, and at least one. Ties as in
    :func:`risks`.

    Args:
        certainty: ``(N,)`` any score, larger where the prediction is more certain.
        correct: ``(N,)`` 1 or True where the prediction is right.
        coverage: Percent of the images to answer, 1 to 100.

    Returns:
        Accuracy in percent.

    Raises:
        ValueError: If the coverage is not a whole number from 1 to 100.
    """
    _check_coverage(coverage)
    risk = risks(certainty, correct)
    return 100 * (1 - float(risk[_answered(coverage, len(risk)) - 1]))


def risk_coverage(
    certainty: Tensor, correct: Tensor, coverages: Sequence[int] = COVERAGES
) -> dict[str, list[float]]:
    """The risk-coverage curve at some coverages.

    Args:
        certainty: ``(N,)`` any score, larger where the prediction is more certain.
        correct: ``(N,)`` 1 or True where the prediction is right.
        coverages: Percent of the images, 1 to 100.

    Returns:
        ``coverage`` and ``risk``, both fractions in [0, 1]; images are counted as in :func:`selective_accuracy`.
    """
    for coverage in coverages:
        _check_coverage(coverage)
    risk = risks(certainty, correct)
    return dict(
        coverage=[coverage / 100 for coverage in coverages],
        risk=[float(risk[_answered(coverage, len(risk)) - 1]) for coverage in coverages],
    )


def _answered(coverage: int, total: int) -> int:
    """``ceil(coverage total / 100)`` in whole numbers: in floating point 0.55 times 100 is above 55."""
    return -(-coverage * total // 100)


def _check_coverage(coverage: int) -> None:
    if type(coverage) is not int or not 1 <= coverage <= 100:
        raise ValueError(
            f'coverage={coverage!r} must be a whole number from 1 to 100: percent of the images'
        )
