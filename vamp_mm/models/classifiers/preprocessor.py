"""Images to the device, labels checked before they follow."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from mmengine.logging import print_log

from vamp_mm.registry import MODELS

with warnings.catch_warnings():
    # mmcv-lite warns that it lacks an operator, which nothing here uses
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    from mmpretrain.models.utils import ClsDataPreprocessor


@MODELS.register_module()
class HostLabelPreprocessor(ClsDataPreprocessor):
    """mmpretrain's preprocessor, which leaves the data samples on the host.

    The classifier checks labels where it need not wait for the device, and then sends them there as one tensor. Arguments
    are those of mmpretrain's.
    """

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Normalise the images on the device.

        Args:
            data: ``inputs`` and ``data_samples`` of a batch.
            training: Not used: there is no batch augmentation.

        Returns:
            ``inputs (N, 3, H, W)``, and the data samples as they came.
        """
        images = super().forward({**data, 'data_samples': None}, training)
        return {**images, 'data_samples': data.get('data_samples')}


def preprocessor_for(clip: Any, config: dict[str, Any] | None) -> dict[str, Any]:
    """Config of the preprocessor that belongs to the weights of a backbone.

    Args:
        clip: The backbone, for the mean and standard deviation of its images.
        config: Overrides of the user.

    Returns:
        The config; mean and standard deviation always are those of the weights, with a warning if the user's differ.

    Raises:
        ValueError: If labels would be mixed.
    """
    own = dict(
        mean=[255 * value for value in clip.image_mean],
        std=[255 * value for value in clip.image_std],
    )
    merged = dict(config or {})
    merged.setdefault('type', 'vamp_mm.HostLabelPreprocessor')
    if merged.get('batch_augments'):
        raise ValueError(
            f'data_preprocessor.batch_augments={merged["batch_augments"]!r} mixes labels, and the losses here '
            'take one label per image: leave it out'
        )
    for key, value in own.items():
        if key in merged and not torch.allclose(
            torch.tensor(merged[key]).float(), torch.tensor(value), atol=0.1
        ):
            print_log(
                f'data_preprocessor.{key}={list(merged[key])} is not what the weights of the backbone were '
                f'trained with; using {[round(v, 3) for v in value]} (set backbone.image_{key} to change it)',
                'current',
                30,
            )
    return {**merged, **own}
