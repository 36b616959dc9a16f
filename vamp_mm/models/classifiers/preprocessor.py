"""Images to the device, labels checked before they follow."""

from __future__ import annotations

from typing import Any

from mmpretrain.models.utils import ClsDataPreprocessor

from vamp_mm.registry import MODELS


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
