"""Random augmentation as a function of (seed, epoch, index), for any dataset of MMEngine."""

from __future__ import annotations

from typing import Any

import torch

from .seeding import sample_seed, seeded


class SeededAugmentation:
    """A mixin for MMEngine datasets: it stands before ``BaseDataset`` among the bases.

    The training split is augmented by random numbers of (``augment_seed``, epoch, index), so it is
    the same for any number of workers and processes, and after a resume. The dataset sets ``split``
    and ``augment_seed`` and calls :meth:`_start_epochs` in its constructor.
    """

    split: str
    augment_seed: int

    def _start_epochs(self) -> None:
        # In shared memory, so that workers which outlive an epoch see the new one.
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    @property
    def epoch(self) -> int:
        """The epoch that augmentation is drawn for."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Tell all workers which epoch comes next.

        Args:
            epoch: 0-based epoch.

        Raises:
            ValueError: If the epoch is negative.
        """
        if epoch < 0:
            raise ValueError(f'epoch={epoch} must be 0 or more')
        self._epoch.fill_(epoch)

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on one sample.

        Args:
            idx: Index of the sample.

        Returns:
            What the pipeline returns.

        Raises:
            ValueError: If the pipeline returns None; an image is never replaced by another one.
        """
        if self.split != 'train':
            data = self._run_pipeline(idx)
        else:
            with seeded(sample_seed(self.augment_seed, self.epoch, idx % len(self))):  # type: ignore[arg-type]
                data = self._run_pipeline(idx)
        if data is None:
            info = self.get_data_info(idx)  # type: ignore[attr-defined]
            raise ValueError(
                f'the pipeline returned None for {info.get("img_path", idx)!r}; '
                f'{type(self).__name__} does not put another image in its place'
            )
        return data

    def _run_pipeline(self, idx: int) -> Any:
        return self.pipeline(self.get_data_info(idx))  # type: ignore[attr-defined]
