"""Does the model know how often it is right? ECE, NLL and Brier score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from torchmetrics.functional.classification import binary_calibration_error

from vamp_mm.registry import METRICS

from .samples import scores_and_label

#: Probability 0 of the true class costs -log(1e-38) = 87.5 nats instead of infinity.
_SMALLEST = 1e-38


@METRICS.register_module()
class CalibrationMetric(BaseMetric):
    """Expected calibration error, negative log-likelihood and Brier score.

    Result names:

    - ``ece``: top-label calibration error with ``bins`` equal bins, a fraction in [0, 1] (Guo et
      al. 2017). Computed by
      torchmetrics: its multiclass error is its binary error of (confidence, correct), which needs
          no (N, C) matrix.
    - ``nll``: mean of -log p(true class), in nats.
    - ``brier``: mean over images of the squared error summed over classes, in [0, 2] (Brier 1950).

    Args:
        bins: Number of bins of the ECE.
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.
        prefix: Put before the names, with a slash.

    Raises:
        ValueError: If ``bins`` is below 1; on processing, if a sample lacks ``pred_score`` or
            ``gt_label``, or its scores are not probabilities.
    """

    # MMEngine warns about metrics without a prefix; the names here are meant to stand alone.
    default_prefix = 'calibration'

    def __init__(
        self, bins: int = 15, collect_device: str = 'cpu', prefix: str | None = None
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if bins < 1:
            raise ValueError(f'bins={bins} must be at least 1')
        self.bins = bins
        self.prefix = prefix

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep (confidence, correct, nll, brier) of every sample.

        Args:
            data_batch: Not used.
            data_samples: Predicted samples as dicts.
        """
        for sample in data_samples:
            scores, label = scores_and_label(sample, type(self).__name__)  # (C,)
            confidence, winner = scores.max(dim=0)
            truth = torch.zeros_like(scores)
            truth[label] = 1
            self.results.append(
                (
                    float(confidence),
                    float(winner == label),
                    -float(scores[label].clamp_min(_SMALLEST).log()),
                    float((scores - truth).square().sum()),
                )
            )

    def compute_metrics(self, results: list[tuple[float, float, float, float]]) -> dict[str, float]:
        """Average over all samples.

        Args:
            results: What :meth:`process` kept, of all ranks.

        Returns:
            ``ece``, ``nll`` and ``brier``.
        """
        confidence, correct, nll, brier = torch.tensor(results, dtype=torch.float64).T
        # Rounding above 1 would make torchmetrics take all values for logits.
        ece = binary_calibration_error(confidence.clamp(0, 1), correct.long(), n_bins=self.bins)
        return dict(ece=float(ece), nll=float(nll.mean()), brier=float(brier.mean()))
