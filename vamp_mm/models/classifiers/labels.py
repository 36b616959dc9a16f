"""Labels of a training batch, checked against the class names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from vamp_mm.structures import Vocabulary


def batch_labels(
    samples: Sequence[DataSample] | None, vocabulary: Vocabulary | None, device: torch.device
) -> Tensor:
    """The labels of a batch.

    Args:
        samples: One data sample per image, each with one ``gt_label`` on the host (see ``HostLabelPreprocessor``).
        vocabulary: The class names; None checks no range.
        device: Where the labels go.

    Returns:
        ``(N,)`` class indices.

    Raises:
        ValueError: If labels are missing, or outside the vocabulary.
    """
    if not samples or any('gt_label' not in sample for sample in samples):
        raise ValueError("mode='loss' needs data_samples with gt_label, one per image")
    target = torch.cat([sample.gt_label for sample in samples])
    if vocabulary is not None:
        count = len(vocabulary)
        wrong = [label for label in target.tolist() if not 0 <= label < count]
        if wrong:
            raise ValueError(
                f'label {wrong[0]} is outside the vocabulary of {count} classes; set the vocabulary '
                'of the training set (VocabularyHook)'
            )
    return target.to(device, non_blocking=True)
