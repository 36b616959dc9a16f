"""Records of a model's predictions, one per image, as ``PredictionDump`` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vamp_mm.evaluation import PredictionDump

from .opened import Opened


@torch.no_grad()
def predict(
    opened: Opened, indices: Sequence[int] | None = None, latents: bool = False
) -> tuple[list[dict[str, Any]], Tensor | None]:
    """Predict the images of a split.

    Args:
        opened: Model and images.
        indices: Images to take; None for all.
        latents: Whether to keep the posterior means too.

    Returns:
        One record per image, and ``(N, H, K, W)`` posterior means if they are wanted.
    """
    dump = PredictionDump()
    dump.dataset_meta = opened.dataset.metainfo
    dump.set_context('', opened.split)
    kept: list[Tensor] = []
    for data in opened.batches('prediction', indices):
        if latents:
            latent = opened.model.plan(data['inputs']).latent
            assert latent is not None
            kept.append(latent.mean.float().cpu())
        samples = opened.model(data['inputs'], data['data_samples'], mode='predict')
        dump.process(data, [sample.to_dict() for sample in samples])
    return list(dump.results), torch.cat(kept) if latents else None
