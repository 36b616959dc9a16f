"""Training in stages: what is trained changes in the middle of a run (2SFS)."""

from __future__ import annotations

from typing import Any

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.registry import HOOKS
from vamp_mm.structures import TrainsInStages, find_part

from ..stage_schedule import StagedCosineLR
from ..wrappers import unwrap_model


@HOOKS.register_module()
class StageHook(Hook):
    """Moves the model to its next stage when ``StagedCosineLR`` starts to fall again.

    It serves the part of the model that follows :class:`~vamp_mm.structures.TrainsInStages`; the model itself has
    ``text_features()``. A model without stages needs no such hook.
    """

    priority = 'NORMAL'

    def before_train(self, runner: Runner) -> None:
        """Check that model and schedule have the same stages.

        Args:
            runner: The runner.

        Raises:
            ValueError: If they have not, or several processes train a classifier whose size they cannot know beforehand.
        """
        model = unwrap_model(runner.model)
        owner = find_part(model, TrainsInStages)  # type: ignore[type-abstract]
        if owner is None:
            raise ValueError(
                f'StageHook: {type(model).__name__} trains in one stage with this prompter; remove the hook'
            )
        stages = len(_schedule(runner).starts) - 1
        if stages != owner.num_stages:
            raise ValueError(
                f'the model has {owner.num_stages} stages, param_scheduler.shares gives {stages}'
            )
        classes = len(model.vocabulary or ())
        if get_world_size() > 1 and owner.num_classes != classes:
            raise ValueError(
                f'num_classes={owner.num_classes}: in several processes the size of the classifier must be '
                f'known when the model is built; set model.prompter.num_classes={classes}'
            )

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Enter the next stage, if it is time."""
        model = unwrap_model(runner.model)
        stage = _schedule(runner).stage(runner.iter)
        owner = find_part(model, TrainsInStages)  # type: ignore[type-abstract]
        if owner is None or owner.current_stage >= stage:
            return
        model.eval()
        text = model.text_features()[0, 0]
        model.train()
        owner.enter_stage(stage, text)
        runner.logger.info(
            f'iteration {runner.iter}: stage {stage} starts with {len(text)} classes'
        )


def _schedule(runner: Runner) -> StagedCosineLR:
    schedulers = runner.param_schedulers
    found = (
        schedulers
        if isinstance(schedulers, list)
        else [item for part in (schedulers or {}).values() for item in part]
    )
    for scheduler in found:
        if isinstance(scheduler, StagedCosineLR):
            return scheduler
    raise ValueError(
        "StageHook goes by the stages of the learning rate; set param_scheduler=dict(type='StagedCosineLR', "
        'shares=(0.6, 0.4), by_epoch=False)'
    )
