"""Averages of the uncertainty that heads write, and how well it orders the errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from mmengine.evaluator import BaseMetric

from vamp_mm.registry import METRICS

from .samples import scalar, scores_and_label
from .selective import aurc, risk_coverage, selective_accuracy
from .uncertainty_fields import UNCERTAINTY_FIELDS

#: Percent of the images for which the accuracy is reported.
_COVERAGES = (80, 90)


@METRICS.register_module()
class UncertaintyMetric(BaseMetric):
    """Mean uncertainty per image, and what is gained by leaving uncertain images unanswered.

    Result names:

    - ``predictive_entropy``, ``expected_entropy``, ``mutual_information`` (nats) and ``pred_std``: means
      over images.
    - ``aurc``: area under the risk-coverage curve, a fraction in [0, 1], lower is better
      (:func:`~vamp_mm.evaluation.selective.aurc`).
    - ``accuracy_at_80``, ``accuracy_at_90``: accuracy in percent of the 80 and 90 % most certain images,
      their number rounded up (:func:`~vamp_mm.evaluation.selective.selective_accuracy`).

    These three order images by the winning probability; ``aurc_entropy``, ``accuracy_at_80_entropy``
    and ``accuracy_at_90_entropy`` by predictive entropy. Ties count in expectation over their orders.

    After :meth:`compute_metrics`, ``curves`` holds ``risk_coverage`` by the winning probability, at
    coverages of 0.05, 0.1, ..., 1.

    Args:
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.
        prefix: Added before the names, with a slash.

    Raises:
        ValueError: On processing, if a sample lacks one of the fields or it is not finite.
    """

    # MMEngine warns about metrics without a prefix; the names here need none.
    default_prefix = 'uncertainty'

    def __init__(
        self, collect_device: Literal['cpu', 'gpu'] = 'cpu', prefix: str | None = None
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.prefix = prefix
        #: Curve -> plain lists, in the main process after an evaluation.
        self.curves: dict[str, dict[str, list]] = {}

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep confidence, correctness and the uncertainty fields of every sample.

        Args:
            data_batch: Not used.
            data_samples: Predicted samples as dicts.
        """
        name = type(self).__name__
        for sample in data_samples:
            scores, label = scores_and_label(sample, name)  # (C,)
            confidence, winner = scores.max(dim=0)
            self.results.append(
                (
                    float(confidence),
                    float(winner == label),
                    *(scalar(sample, key, name) for key in UNCERTAINTY_FIELDS),
                )
            )

    def compute_metrics(self, results: list[tuple[float, ...]]) -> dict[str, float]:
        """Average over all samples.

        Args:
            results: What :meth:`process` kept, of all ranks.

        Returns:
            The result names of the class.
        """
        confidence, correct, *fields = torch.tensor(results, dtype=torch.float64).T
        means = {
            key: float(values.mean())
            for key, values in zip(UNCERTAINTY_FIELDS, fields, strict=True)
        }
        entropy = fields[UNCERTAINTY_FIELDS.index('predictive_entropy')]
        self.curves = dict(risk_coverage=risk_coverage(confidence, correct))
        for suffix, certainty in (('', confidence), ('_entropy', -entropy)):
            means[f'aurc{suffix}'] = aurc(certainty, correct)
            for coverage in _COVERAGES:
                means[f'accuracy_at_{coverage}{suffix}'] = selective_accuracy(
                    certainty, correct, coverage
                )
        return means
