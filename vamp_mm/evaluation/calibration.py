"""Does the model know how often it is right? ECE, plain and debiased, NLL and Brier score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from mmengine.evaluator import BaseMetric

from vamp_mm.arguments import PositiveInt
from vamp_mm.registry import METRICS

from .binning import calibration_error, into_bins, squared_calibration_error
from .samples import scores_and_label

#: Probability 0 of the true class costs -log(1e-38) = 87.5 nats instead of infinity.
_SMALLEST = 1e-38


@METRICS.register_module()
class CalibrationMetric(BaseMetric):
    """Expected calibration error, negative log-likelihood and Brier score.

    Result names:

    - ``ece``: top-label calibration error with ``bins`` equal bins, the mean of the gap between
      confidence and accuracy, a fraction in [0, 1] (Guo et al. 2017). A confidence of exactly 1
      belongs to the last bin.
    - ``ece_l2``: the same with the root of the mean squared gap; never below ``ece``.
    - ``ece_debiased``: ``ece_l2`` without the part that a finite number of images adds to it (Kumar et
      al. 2019, :func:`~vamp_mm.evaluation.binning.squared_calibration_error`); 0 where the estimate
      under the root is below 0. An L2 error: compare it with ``ece_l2``, not with ``ece``.
    - ``nll``: mean of -log p(true class), in nats.
    - ``brier``: mean over images of the squared error summed over classes, in [0, 2] (Brier 1950).

    After :meth:`compute_metrics`, ``curves`` holds ``reliability``: ``confidence``, ``accuracy`` and
    ``count`` of all bins.

    Args:
        bins: Number of bins.
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.
        prefix: Added before the names, with a slash.

    Raises:
        ValueError: If ``bins`` is below 1; on processing, if a sample lacks ``pred_score`` or
            ``gt_label``, or its scores are not probabilities.
    """

    # MMEngine warns about metrics without a prefix; the names here need none.
    default_prefix = 'calibration'

    def __init__(
        self,
        bins: PositiveInt = 15,
        collect_device: Literal['cpu', 'gpu'] = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.bins = bins
        self.prefix = prefix
        #: Curve -> plain lists, in the main process after an evaluation.
        self.curves: dict[str, dict[str, list]] = {}

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
            The result names of the class.
        """
        confidence, correct, nll, brier = torch.tensor(results, dtype=torch.float64).T
        binned = into_bins(confidence.clamp(0, 1), correct, self.bins)  # of sums rounded above 1
        self.curves = dict(reliability=binned.curve())
        return dict(
            ece=calibration_error(binned),
            ece_l2=math.sqrt(squared_calibration_error(binned, debias=False)),
            ece_debiased=math.sqrt(max(squared_calibration_error(binned, debias=True), 0)),
            nll=float(nll.mean()),
            brier=float(brier.mean()),
        )
