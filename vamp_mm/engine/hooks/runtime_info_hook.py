"""MMEngine's runtime information, without a wait for the device in every step."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import RuntimeInfoHook as MMEngineRuntimeInfoHook
from mmengine.runner import Runner

from vamp_mm.registry import HOOKS

from ..pending_losses import PendingLosses


@HOOKS.register_module()
class RuntimeInfoHook(MMEngineRuntimeInfoHook):
    """Hands the losses of all steps to the message hub, those of a GPU when they are logged.

    MMEngine's own reads each loss term in every step. The history in the message hub, and so what is logged and saved, is
    the same.
    """

    def __init__(self) -> None:
        self._pending: PendingLosses[None] = PendingLosses()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Any] | None = None,
    ) -> None:
        """Keep the losses of this step, and hand over what is due."""
        self._pending.add(outputs or {}, None)
        if self._pending.due(runner, batch_idx):
            self._hand_over(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """A checkpoint holds the history of all steps before it."""
        if len(self._pending):
            self._hand_over(runner)
            checkpoint['message_hub'] = runner.message_hub.state_dict()

    def _hand_over(self, runner: Runner) -> None:
        for losses, _ in self._pending.take():
            for name, value in losses.items():
                runner.message_hub.update_scalar(f'train/{name}', value)
