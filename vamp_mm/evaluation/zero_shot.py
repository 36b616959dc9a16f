"""The accuracy of zero-shot CLIP beside that of a method, on the same images in the same run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor, nn

from vamp_mm.structures import ComparesWithZeroShot

from .harmonic import harmonic_mean, summary
from .samples import field, scalar

#: Before the last part of the name of a metric, that of zero-shot CLIP: ``base/zero_shot_accuracy``.
ZERO_SHOT = 'zero_shot_'
_ACCURACY = 'accuracy'


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

    # MMEngine warns about metrics without a prefix; the names here are meant to stand alone.
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
        found = {ZERO_SHOT + _ACCURACY: percent(torch.tensor([right for _, right in results]))}
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


def zero_shot_summary(
    metrics: Mapping[str, float], trained_on: str | None = None
) -> dict[str, float]:
    """Harmonic means and averages of zero-shot CLIP, by the rules of :func:`~vamp_mm.evaluation.summary`.

    Args:
        metrics: All metrics of the splits.
        trained_on: Dataset to leave out of the averages.

    Returns:
        ``zero_shot_H``, ``average/<split>/zero_shot_accuracy`` and so on; the new entries only.
    """
    own = {
        _without(name): value
        for name, value in metrics.items()
        if _last(name) == ZERO_SHOT + _ACCURACY
    }
    return {zero_shot_name(name): value for name, value in summary(own, trained_on).items()}


def zero_shot_name(name: str) -> str:
    """What a metric of zero-shot CLIP is called: ``base/zero_shot_accuracy`` for ``base/accuracy``."""
    *place, last = name.split('/')
    return '/'.join([*place, ZERO_SHOT + last])


def compared(metrics: Mapping[str, float]) -> list[str]:
    """One line for each number that zero-shot CLIP has too.

    Args:
        metrics: All metrics of a test.

    Returns:
        Lines such as ``base: zero-shot 72.4 -> 65.2 (-7.2)``, in the order of the metrics; H last.
    """
    lines = []
    for name, zero_shot in metrics.items():
        if _last(name).startswith(ZERO_SHOT):
            own = metrics.get(_without(name))
            words = f'{_title(_without(name))}: zero-shot {zero_shot:.1f}'
            lines.append(words if own is None else f'{words} -> {change(zero_shot, own)}')
    return lines


def made_worse(metrics: Mapping[str, float], seen: Iterable[str]) -> str | None:
    """In plain words, that a model is worse than zero-shot CLIP on classes that it was trained on.

    Args:
        metrics: All metrics of a test.
        seen: Splits whose classes the model was trained on.

    Returns:
        A sentence; None if it is worse on none of these splits.
    """
    worse = []
    for name in seen:
        own, zero_shot = (
            metrics.get(f'{name}/{_ACCURACY}'),
            metrics.get(f'{name}/{ZERO_SHOT}{_ACCURACY}'),
        )
        if own is not None and zero_shot is not None and own < zero_shot:
            worse.append(f'{name} {zero_shot:.1f} -> {change(zero_shot, own)}')
    if not worse:
        return None
    return (
        'the trained model is WORSE than zero-shot CLIP on test images of the classes that it was trained on: '
        + ', '.join(worse)
    )


def change(zero_shot: float, own: float) -> str:
    """The accuracy of a method, and in brackets how far it is above zero-shot CLIP: ``65.2 (-7.2)``."""
    return f'{own:.1f} ({own - zero_shot:+.1f})'


def _title(name: str) -> str:
    """``base`` of ``base/accuracy``, ``open base`` of ``open/base_accuracy``, ``H`` of ``H``."""
    words = name.removesuffix(_ACCURACY).rstrip('/_').split('/')
    return (
        ' '.join(words) if name.endswith(('/base_accuracy', '/novel_accuracy')) else '/'.join(words)
    )


def _last(name: str) -> str:
    return name.rsplit('/', 1)[-1]


def _without(name: str) -> str:
    *place, last = name.split('/')
    return '/'.join([*place, last.removeprefix(ZERO_SHOT)])
