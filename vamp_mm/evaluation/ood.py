"""Out-of-distribution (OOD) detection: does uncertainty separate images of classes without a name? AUROC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor

from vamp_mm.registry import METRICS

from .samples import probabilities, scalar
from .uncertainty_fields import UNCERTAINTY_FIELDS


def auroc(ood: Tensor, known: Tensor) -> float:
    """Probability that an OOD image has the higher score, ties counting half.

    1 separates all OOD images from all others, 0.5 is chance and what a constant score gives, below 0.5 OOD images
    look *less* uncertain. The Mann-Whitney statistic, of any finite or infinite scores.

    Args:
        ood: ``(N,)`` scores, larger where an image looks less like the known classes.
        known: ``(M,)`` the same of images of known classes.

    Returns:
        The area under the ROC curve, in [0, 1].

    Raises:
        ValueError: If there are no images on one side, or a score is NaN.
    """
    if ood.ndim != 1 or known.ndim != 1 or not len(ood) or not len(known):
        raise ValueError(
            f'needs a vector of scores on both sides, got OOD {tuple(ood.shape)} and known {tuple(known.shape)}'
        )
    scores = torch.cat([ood, known]).double()
    if scores.isnan().any():
        raise ValueError(f'{int(scores.isnan().sum())} of {len(scores)} scores are NaN')
    _, level, count = scores.unique(return_inverse=True, return_counts=True)
    ends = count.cumsum(0).double()
    rank = ends - (count - 1) / 2  # from 1; equal scores share the mean of their ranks
    least = len(ood) * (len(ood) + 1) / 2
    wins = float(rank[level[: len(ood)]].sum()) - least
    return wins / (len(ood) * len(known))


class ScoreKeeper(BaseMetric):
    """Keeps the uncertainty of the images of a split, for comparison with OOD images.

    Reports no number. After an evaluation ``scores`` holds score -> ``(N,)`` in the main process: ``confidence`` as
    1 - the winning probability, and those of
    :data:`~vamp_mm.evaluation.uncertainty_fields.UNCERTAINTY_FIELDS` that the model wrote; all larger where it is less sure.

    Args:
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.
    """

    default_prefix = 'scores'

    def __init__(self, collect_device: Literal['cpu', 'gpu'] = 'cpu') -> None:
        super().__init__(collect_device=collect_device)
        self.scores: dict[str, Tensor] = {}

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep the scores of every sample.

        Args:
            data_batch: Not used.
            data_samples: Predicted samples as dicts.
        """
        self.results.extend(_scores(sample, type(self).__name__) for sample in data_samples)

    def compute_metrics(self, results: list[dict[str, float]]) -> dict[str, float]:
        """Join the scores.

        Args:
            results: What :meth:`process` kept, of all ranks.

        Returns:
            Nothing to report: an empty dict.
        """
        self.scores = _columns(results)
        return {}


@METRICS.register_module()
class OODMetric(BaseMetric):
    """How well each uncertainty score separates OOD images from images of known classes.

    Result names, each an :func:`auroc`: ``auroc_confidence`` (by 1 - the winning probability) and
    ``auroc_predictive_entropy``, ``auroc_expected_entropy``, ``auroc_mutual_information`` and ``auroc_pred_std`` where
    the model writes these. Where it draws one sample only, the last two are constant and give 0.5. There is no accuracy:
    none of the images belongs to a class whose name the model got.

    Args:
        inside: Kept the scores of the images of known classes.
        left_out: Labels of OOD images that do belong to a known class; they do not count.
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.

    Raises:
        ValueError: On evaluation, if no image counts.
    """

    # MMEngine warns about metrics without a prefix; the names here need none.
    default_prefix = 'outside'

    def __init__(
        self,
        inside: ScoreKeeper,
        left_out: Sequence[int] = (),
        collect_device: Literal['cpu', 'gpu'] = 'cpu',
    ) -> None:
        super().__init__(collect_device=collect_device)
        self.prefix = None
        self.inside = inside
        self.left_out = frozenset(left_out)

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep the scores of every sample, and whether it counts.

        Args:
            data_batch: Not used.
            data_samples: Predicted samples as dicts; ``gt_label`` counts the OOD dataset's own classes.
        """
        name = type(self).__name__
        for sample in data_samples:
            label = int(scalar(sample, 'gt_label', name)) if self.left_out else None
            # all are kept: ranks pad and cut their lists by the number of images
            self.results.append((label not in self.left_out, _scores(sample, name)))

    def compute_metrics(self, results: list[tuple[bool, dict[str, float]]]) -> dict[str, float]:
        """Compare with the images of known classes.

        Args:
            results: What :meth:`process` kept, of all ranks.

        Returns:
            The result names of the class.
        """
        counted = [scores for counts, scores in results if counts]
        if not counted:
            raise ValueError(
                'no OOD image is left: all belong to classes that are left out; test another dataset'
            )
        inside = self.inside.scores
        if not inside:
            raise ValueError('the split of known classes must be tested before its OOD images')
        return {
            f'auroc_{key}': auroc(values, inside[key]) for key, values in _columns(counted).items()
        }


def _scores(sample: Mapping[str, Any], metric: str) -> dict[str, float]:
    found = dict(confidence=1 - float(probabilities(sample, metric).max()))
    return found | {key: scalar(sample, key, metric) for key in UNCERTAINTY_FIELDS if key in sample}


def _columns(rows: Sequence[Mapping[str, float]]) -> dict[str, Tensor]:
    return {key: torch.tensor([row[key] for row in rows], dtype=torch.float64) for key in rows[0]}
