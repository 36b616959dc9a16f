"""Image features of the frozen tower are computed once."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.arguments import Positive
from vamp_mm.registry import HOOKS
from vamp_mm.structures import ReusesFeatures

from ..pipelines import pipeline_name, random_step
from ..wrappers import unwrap_model


@HOOKS.register_module()
class FrozenFeatureHook(Hook):
    """Lets a model reuse the image features of its frozen tower, epoch after epoch and split after split.

    The model decides whether it can: a method that edits the image tower cannot, nor one whose backbone trains. This hook
    decides when it may: only while images come through a pipeline without random transforms, so not under augmentation.
    Features stay in memory on the model's device, keyed by pipeline, precision and path, and go when a weight changes.

    Results equal those without the hook up to rounding: an image's feature may come from a batch of other images. For that
    reason the hook is in no default config. It saves the tower, not the loading; see ``cache_mb`` of the dataset.

    Args:
        budget_mb: Upper bound of the features in MiB; 2 KiB an image for ViT-B/16.

    Raises:
        ValueError: If the bound is not positive.
        TypeError: If the model offers no reuse.
    """

    priority = 'NORMAL'

    def __init__(self, budget_mb: Positive = 256) -> None:
        self.budget_mb = budget_mb
        self._said: set[str] = set()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Tell the model what the training images come through."""
        self._tell(runner, runner.train_dataloader.dataset, 'training')

    def before_val_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Tell the model what the validation images come through."""
        self._tell(runner, runner.val_dataloader.dataset, 'validation')

    def before_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Tell the model what the images of this test split come through."""
        self._tell(runner, runner.test_loop.dataloader.dataset, 'test')

    def after_train(self, runner: Runner) -> None:
        """Log the counts."""
        self._report(runner)

    def after_test(self, runner: Runner) -> None:
        """Log the counts, and leave no pipeline behind."""
        self._report(runner)
        unwrap_model(runner.model).reuse_frozen_features(None, self.budget_mb)

    def _tell(self, runner: Runner, dataset: Any, which: str) -> None:
        model = unwrap_model(runner.model)
        if not isinstance(model, ReusesFeatures):
            raise TypeError(
                f'{type(model).__name__} has no reuse_frozen_features(); take FrozenFeatureHook out of custom_hooks'
            )
        name = pipeline_name(dataset)
        reused = model.reuse_frozen_features(name, self.budget_mb)
        if reused:
            message = f'{which}: frozen image features are reused (up to {self.budget_mb} MiB)'
        elif name is None:
            why = (
                f'{random_step(dataset)} may be random'
                if random_step(dataset)
                else 'its parts have different pipelines'
            )
            message = f'{which}: frozen image features are not reused, {why}'
        else:
            message = (
                f'{which}: frozen image features are not reused, the method changes the image tower'
            )
        if message not in self._said:
            self._said.add(message)
            runner.logger.info(message)

    def _report(self, runner: Runner) -> None:
        features = getattr(unwrap_model(runner.model), 'frozen_features', None)
        if features is not None:
            state = features.state
            runner.logger.info(
                f'frozen image features: {state.kept} kept ({state.used_mb:.1f} MiB), {state.hits} reused, '
                f'{state.computed} computed'
            )
