"""Images in equal bins of confidence: what every calibration error and reliability diagram is made of."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Bins:
    """``(B,)`` per bin: mean confidence and share of right answers (0 where empty), and how many images."""

    confidence: Tensor
    accuracy: Tensor
    count: Tensor

    @property
    def weight(self) -> Tensor:
        """``(B,)`` share of the images."""
        return self.count / self.count.sum()

    @property
    def gap(self) -> Tensor:
        """``(B,)`` mean confidence less accuracy; above 0 where the model is over-confident."""
        return self.confidence - self.accuracy

    def curve(self) -> dict[str, list]:
        """Plain lists under the names of the fields."""
        return dict(
            confidence=self.confidence.tolist(),
            accuracy=self.accuracy.tolist(),
            count=[int(number) for number in self.count],
        )


def into_bins(confidence: Tensor, correct: Tensor, bins: int) -> Bins:
    """Sort images into bins ``[0, 1/B), [1/B, 2/B), ..., [(B-1)/B, 1]``.

    Args:
        confidence: ``(N,)`` winning probabilities in [0, 1].
        correct: ``(N,)`` 1 where the prediction is right, else 0.
        bins: Number of bins B.

    Returns:
        Means and counts of all bins, float64.
    """
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    # certainty belongs to the last bin, not to one of its own
    index = (torch.bucketize(confidence.double(), edges, right=True) - 1).clamp_max(bins - 1)
    empty = torch.zeros(bins, dtype=torch.float64)
    count = empty.index_add(0, index, torch.ones_like(confidence, dtype=torch.float64))
    mean_confidence, accuracy = (
        empty.index_add(0, index, values.double()) / count.clamp_min(1)
        for values in (confidence, correct)
    )
    return Bins(mean_confidence, accuracy, count)


def calibration_error(bins: Bins) -> float:
    """Weighted mean over bins of the gap between confidence and accuracy (Guo et al. 2017, eq. 3).

    Args:
        bins: The bins.

    Returns:
        The expected calibration error, a fraction in [0, 1].
    """
    return float(bins.weight @ bins.gap.abs())


def squared_calibration_error(bins: Bins, debias: bool) -> float:
    """Weighted mean over bins of the squared gap between confidence and accuracy.

    The plug-in estimate is too large, because the accuracy of n_b images scatters around the true one even where the
    model is calibrated. The debiased one takes the variance of that scatter off (Kumar, Liang & Ma 2019, "Verified
    Uncertainty Calibration", section 4): ``sum_b n_b/N [(conf_b - acc_b)^2 - acc_b (1 - acc_b) / (n_b - 1)]``. A bin
    with a single image has no variance to take off and keeps its squared gap.

    Args:
        bins: The bins.
        debias: Take the variance off.

    Returns:
        The error, a squared fraction; debiased it can be below 0.
    """
    squares = bins.gap.square()
    if debias:
        squares = squares - bins.accuracy * (1 - bins.accuracy) / (bins.count - 1).clamp_min(1)
    return float(bins.weight @ squares)
