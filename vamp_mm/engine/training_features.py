"""What a model computes from each training image, batch by batch; class means are made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from mmengine.dist import is_main_process
from torch import Tensor, nn
from torch.utils.data import DataLoader

from vamp_mm.progress_bar import progress


@torch.no_grad()
def training_features(
    model: nn.Module,
    loader: DataLoader,
    encode: Callable[[Tensor], Tensor],
    num_classes: int,
    description: str,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Features and labels of this rank's share of the images.

    Args:
        model: Has ``data_preprocessor``; labels are ``data_samples[i].gt_label``.
        loader: Batches of un-augmented images.
        encode: Preprocessed images ``(N, 3, H, W)`` -> features ``(N, ...)``.
        num_classes: Number C of classes.
        description: Text before the progress bar.

    Yields:
        tuple[Tensor, Tensor]: Features ``(N, ...)`` in float64 and labels ``(N,)``, both on the CPU.

    Raises:
        ValueError: If an image has not exactly one label in range.
    """
    for batch in progress(loader, len(loader), description, enabled=is_main_process()):
        data = model.data_preprocessor(batch, training=False)  # type: ignore[operator]
        labels = _labels(data['data_samples'], num_classes)
        yield encode(data['inputs']).cpu().double(), labels


def _labels(data_samples: Sequence, num_classes: int) -> Tensor:
    labels = [torch.as_tensor(sample.gt_label).reshape(-1) for sample in data_samples]
    for label, sample in zip(labels, data_samples, strict=True):
        if label.numel() != 1 or not 0 <= int(label) < num_classes:
            raise ValueError(
                f'image {sample.get("img_path", "?")} has gt_label {label.tolist()}; training features '
                f'need exactly one label in [0, {num_classes})'
            )
    return torch.cat(labels).cpu().long()
