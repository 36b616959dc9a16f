"""A training run whose length is a number of steps."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

from mmengine.runner import EpochBasedTrainLoop, Runner
from torch.utils.data import DataLoader

from vamp_mm.arguments import PositiveInt
from vamp_mm.registry import LOOPS


@LOOPS.register_module()
class StepTrainLoop(EpochBasedTrainLoop):
    """Trains for a number of steps, epoch by epoch; the last epoch may be cut short.

    MMEngine's ``IterBasedTrainLoop`` makes one long epoch of all steps: augmentation that is a function of the epoch would
    give an image the same pixels each time, and a run could only be resumed by loading again all images it has seen. Here
    epochs are epochs: for augmentation, for the order of images, and for checkpoints that resume bit for bit.

    Args:
        runner: The runner.
        dataloader: The training data.
        max_iters: Number of steps.
    """

    def __init__(
        self, runner: Runner, dataloader: DataLoader | dict[str, Any], max_iters: PositiveInt
    ) -> None:
        super().__init__(runner, dataloader, max_epochs=1)
        self._max_iters = max_iters
        self._max_epochs = math.ceil(max_iters / len(self.dataloader))

    def run_epoch(self) -> None:
        """One epoch, or what is left of the steps."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        for index, batch in enumerate(islice(self.dataloader, self._max_iters - self._iter)):
            self.run_iter(index, batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1
