"""Averages of the uncertainty that heads write, and how well it orders the errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric

from vamp_mm.registry import METRICS

from .samples import UNCERTAINTY_FIELDS, scalar, scores_and_label
from .selective import aurc


@METRICS.register_module()
class UncertaintyMetric(BaseMetric):
    """Mean uncertainty per image and area under the risk-coverage curve.

    Result names: ``predictive_entropy``, ``expected_entropy``, ``mutual_information`` (nats) and
    ``pred_std``, means over images; ``aurc`` with images ordered by the winning probability and
    ``aurc_entropy`` ordered by predictive entropy, both fractions in [0, 1], lower is better (see
    :func:`~vamp_mm.evaluation.selective.aurc`).

    Args:
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.
        prefix: Put before the names, with a slash.

    Raises:
        ValueError: On processing, if a sample lacks one of the fields or it is not finite.
    """

    # MMEngine warns about metrics without a prefix; the names here are meant to stand alone.
    default_prefix = 'uncertainty'

    def __init__(self, collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.prefix = prefix

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
        return dict(aurc=aurc(confidence, correct), aurc_entropy=aurc(-entropy, correct), **means)
