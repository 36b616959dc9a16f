"""A model in one of several processes that only test."""

from __future__ import annotations

from typing import Any

from torch import nn

from vamp_mm.registry import MODEL_WRAPPERS


@MODEL_WRAPPERS.register_module()
class EvaluationWrapper(nn.Module):
    """Stands where MMEngine expects a wrapper in distributed runs, and synchronises nothing.

    ``DistributedDataParallel`` refuses a model without trainable parameters (zero-shot CLIP), and its gradient
    buckets are of no use to a test.

    Args:
        module: The model.
        device_ids: Taken because MMEngine may pass it; not used.
    """

    def __init__(self, module: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__()
        self.module: Any = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model."""
        return self.module(*args, **kwargs)

    def test_step(self, data: Any) -> list:
        """Predict one batch, as the test loop asks."""
        return self.module.test_step(data)

    def val_step(self, data: Any) -> list:
        """Predict one batch, as the validation loop asks."""
        return self.module.val_step(data)
