"""Reading predictions out of data samples, with errors that name what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

# Averages of S softmaxes in bf16 sum to 1 within about 1e-2; logits do not.
_SUM_TOLERANCE = 2e-2


def field(sample: Mapping[str, Any], key: str, metric: str) -> Tensor:
    """One field of a predicted sample, on the CPU.

    Args:
        sample: A data sample as a dict, as metrics get it.
        key: The field.
        metric: Name of the metric, for the error.

    Returns:
        The tensor, detached.

    Raises:
        ValueError: If the sample lacks the field.
    """
    if key not in sample:
        raise ValueError(
            f'{metric} needs the field {key!r} in every predicted DataSample; this one has '
            f'{sorted(sample)}. A vamp_mm head writes it in predict(); for another model, take '
            f'{metric} out of the evaluator'
        )
    return torch.as_tensor(sample[key]).detach().cpu()


def scalar(sample: Mapping[str, Any], key: str, metric: str) -> float:
    """A field with one number in it.

    Args:
        sample: A data sample as a dict.
        key: The field.
        metric: Name of the metric, for the error.

    Returns:
        The number.

    Raises:
        ValueError: If the field is missing, has several values, or is not finite.
    """
    value = field(sample, key, metric)
    if value.numel() != 1 or not torch.isfinite(value).all():
        raise ValueError(
            f'{metric}: the field {key!r} of {sample.get("img_path", "a sample")} must hold one '
            f'finite number, got {value}'
        )
    return float(value)


def probabilities(sample: Mapping[str, Any], metric: str) -> Tensor:
    """Class probabilities of one sample.

    Args:
        sample: A data sample as a dict.
        metric: Name of the metric, for the error.

    Returns:
        ``(C,)`` float64, with sum 1.

    Raises:
        ValueError: If the field is missing or the scores are not probabilities.
        FloatingPointError: If they are NaN or infinite.
    """
    scores = field(sample, 'pred_score', metric).double()
    name = sample.get('img_path', 'a sample')
    if scores.ndim != 1:
        raise ValueError(
            f'{metric}: pred_score of {name} must be (C,), got shape {tuple(scores.shape)}'
        )
    if not bool(scores.isfinite().all()):
        raise FloatingPointError(
            f'{metric}: pred_score of {name} is not finite: the weights have diverged in training (try a '
            'smaller learning rate or a longer warm-up, and a new work directory), or are damaged'
        )
    total = float(scores.sum())
    if not (bool((scores >= 0).all()) and abs(total - 1) <= _SUM_TOLERANCE):
        raise ValueError(
            f'{metric}: pred_score of {name} is not a probability distribution (smallest '
            f'{float(scores.min()):.4g}, sum {total:.4g}); the head must write softmax outputs'
        )
    return scores / total


def scores_and_label(sample: Mapping[str, Any], metric: str) -> tuple[Tensor, int]:
    """Class probabilities and true label of one sample.

    Args:
        sample: A data sample as a dict.
        metric: Name of the metric, for the error.

    Returns:
        ``(C,)`` float64 probabilities that sum to 1, and the label.

    Raises:
        ValueError: If a field is missing, the scores are not probabilities, or the label is not one
            of the C classes.
    """
    scores = probabilities(sample, metric)
    label = int(scalar(sample, 'gt_label', metric))
    if not 0 <= label < len(scores):
        raise ValueError(
            f'{metric}: gt_label={label} of {sample.get("img_path", "a sample")} is not one of the '
            f'{len(scores)} classes predicted; is the vocabulary that of this split?'
        )
    return scores, label
