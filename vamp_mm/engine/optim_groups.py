"""An optimizer over what is trained, with a learning rate for each part of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIMIZERS
from torch import nn

from vamp_mm.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS

from .wrappers import unwrap_model


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class PartOptimWrapperConstructor:
    """Puts each trainable tensor into the group of the longest prefix that its name has.

    MMEngine's own constructor makes a group of every single tensor, frozen ones included, and takes no tensor that stands in
    two modules, as the frozen weights under a tuned tower do.

    Args:
        optim_wrapper_cfg: Config of the optim wrapper with its ``optimizer``.
        paramwise_cfg: ``dict(lr_mult={prefix: factor})``: factors of the learning rate by name prefix; all else has 1.

    Raises:
        ValueError: If ``paramwise_cfg`` has another key.
    """

    def __init__(
        self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None
    ) -> None:
        paramwise = dict(paramwise_cfg or {})
        self.lr_mult: Mapping[str, float] = paramwise.pop('lr_mult', {})
        if paramwise:
            raise ValueError(
                f"paramwise_cfg has {sorted(paramwise)}; PartOptimWrapperConstructor takes 'lr_mult' alone"
            )
        self.optim_wrapper_cfg = dict(optim_wrapper_cfg)

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the optim wrapper.

        Args:
            model: The model, wrapped or not.

        Returns:
            The wrapper of an optimizer with one group for each prefix that is used.

        Raises:
            ValueError: If a prefix fits no trainable tensor.
        """
        config = dict(self.optim_wrapper_cfg, _scope_='vamp_mm')
        optimizer = dict(config.pop('optimizer'))
        groups: dict[str, list[nn.Parameter]] = {prefix: [] for prefix in (*self.lr_mult, '')}
        for name, value in unwrap_model(model).named_parameters():
            if value.requires_grad:
                groups[
                    max((prefix for prefix in groups if name.startswith(prefix)), key=len)
                ].append(value)
        empty = [prefix for prefix in self.lr_mult if not groups[prefix]]
        if empty:
            raise ValueError(f'paramwise_cfg.lr_mult: no trainable tensor is named {empty[0]!r}...')
        optimizer['params'] = [
            dict(params=values, lr=optimizer['lr'] * self.lr_mult.get(prefix, 1.0))
            for prefix, values in groups.items()
            if values
        ]
        config.setdefault('type', 'OptimWrapper')
        return OPTIM_WRAPPERS.build(dict(config, optimizer=OPTIMIZERS.build(optimizer)))
