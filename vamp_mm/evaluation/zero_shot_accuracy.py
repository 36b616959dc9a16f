"""The accuracy of zero-shot CLIP as a metric of the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor, nn

from vamp_mm.structures import ComparesWithZeroShot

from .harmonic import harmonic_mean
from .samples import field, scalar
from .zero_shot import ZERO_SHOT


def wants_zero_shot(model: nn.Module) -> bool:
    """Whether there is something to compare: a method that learns, on a frozen CLIP."""
    learns = any(weight.requires_grad for weight in model.parameters())
    return learns and isinstance(model, ComparesWithZeroShot)


class ZeroShotAccuracy(BaseMetric):
    """Accuracy (%) of the ``zero_shot_score`` that a model wrote beside its own prediction.

    Result names: ``zero_shot_accuracy``; with ``halves`` also ``zero_shot_base_accuracy``, ``zero_shot_novel_accuracy`` and
    ``zero_shot_H``, as :class:`~vamp_mm.evaluation.OpenAccuracy` counts them. They are the numbers that
    ``mmpretrain.Accuracy`` gives in a run of zero-shot CLIP.

    Args:
        halves: Whether to count base and novel images apart.
        collect_device: ``cpu`` or ``gpu``: where ranks exchange results.
    """

    # MMEngine warns about metrics without a prefix; the names here need none.
    default_prefix = 'zero_shot'

    def __init__(self, halves: bool = False, collect_device: str = 'cpu') -> None:
        super().__init__(collect_device=collect_device)
        self.prefix = None
        self.halves = halves

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep label and correctness of every sample.

        Args:
            data_batch: Not used.
            data_samples: Predicted samples as dicts.
        """
        name = type(self).__name__
        for sample in data_samples:
            label = int(scalar(sample, 'gt_label', name))
            # topk, not argmax: of equal scores the one that mmpretrain takes
            self.results.append(
                (
                    label,
                    int(field(sample, 'zero_shot_score', name).float().topk(1).indices) == label,
                )
            )

    def compute_metrics(self, results: list[tuple[int, bool]]) -> dict[str, float]:
        """Average over all samples.

        Args:
            results: What :meth:`process` kept, of all ranks.

        Returns:
            The result names of the class.
        """
        found = {f'{ZERO_SHOT}accuracy': percent(torch.tensor([right for _, right in results]))}
        border = (self.dataset_meta or {}).get('base_classes')
        halves = (
            [
                [right for label, right in results if (label < border) == base]
                for base in (True, False)
            ]
            if (self.halves and border)
            else []
        )
        if all(halves) and halves:
            base, novel = (100 * sum(half) / len(half) for half in halves)
            found |= {
                f'{ZERO_SHOT}base_accuracy': base,
                f'{ZERO_SHOT}novel_accuracy': novel,
                f'{ZERO_SHOT}H': harmonic_mean(base, novel),
            }
        return found


def percent(right: Tensor) -> float:
    """Percentage of ones, rounded as ``mmpretrain.Accuracy`` does.

    Args:
        right: ``(N,)`` of 0 and 1, or truth values.

    Returns:
        From 0 to 100; a float32 number.
    """
    return float(right.float().sum() * (100.0 / len(right)))
