"""Residual adapters in both towers with a shared middle layer (MMA, CVPR 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Block, Blocks, Positive, Width
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, TowerPlan, require_blocks


class _ScaleGradient(torch.autograd.Function):
    """The identity, whose gradient is multiplied by a factor."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad * ctx.factor, None


class Bottleneck(nn.Module):
    """``s * up(relu(middle(relu(down(x)))))``, where the middle layer is shared with the other tower.

    Args:
        width: Width W of the tower.
        middle: The shared layer ``(B -> B)``.
        scale: Factor s of the output.
        scale_gradients: Whether the weights see the gradient that they would have with ``s = 1``.
    """

    def __init__(self, width: int, middle: nn.Linear, scale: float, scale_gradients: bool) -> None:
        super().__init__()
        self.down = _linear(width, middle.in_features)
        self.up = _linear(middle.out_features, width)
        # in a tuple: a module would be in the state dict once for each tower
        self._middle = (middle,)
        self.scale = scale
        self.scale_gradients = scale_gradients

    def forward(self, x: Tensor) -> Tensor:
        """``(..., W)``, what the block's first LayerNorm gave -> what is added at the block's end."""
        if self.scale_gradients:
            x = _ScaleGradient.apply(x, self.scale)
        y = self.scale * self.up(self._middle[0](self.down(x).relu()).relu())
        # weights see the gradient times 1 / s, the input its true gradient
        return _ScaleGradient.apply(y, 1 / self.scale) if self.scale_gradients else y


@MODELS.register_module()
class MultiModalAdapters(nn.Module):
    """One bottleneck a block in the upper blocks of both towers; the middle layer of block i serves both.

    Args:
        clip: The backbone, for its widths and depths.
        start: First adapted block, counted from 0, of both towers.
        depth: Number of adapted blocks.
        dim: Width B of the bottleneck.
        scale: Factor s of the adapters' output.
        scale_gradients: Multiply the gradients of the adapters' weights by 1/s, as the original does; without it they
            hardly train at its learning rate. False is plain automatic differentiation.

    Raises:
        ValueError: If the blocks do not exist in both towers, or a size is not positive.
    """

    def __init__(
        self,
        clip: FrozenCLIP,
        start: Block = 4,
        depth: Blocks = 8,
        dim: Width = 32,
        scale: Positive = 0.001,
        scale_gradients: bool = True,
    ) -> None:
        super().__init__()
        require_blocks('vision', clip.vision.depth)
        available = min(clip.vision.depth, clip.text.depth)
        if start < 0 or depth < 1 or start + depth > available:
            raise ValueError(
                f'blocks start={start}, depth={depth} do not exist in both towers, which have blocks 0..'
                f'{available - 1} in common; choose start + depth <= {available}'
            )
        self.start = start
        middles = [_linear(dim, dim) for _ in range(depth)]
        self.shared = nn.ModuleList(middles)
        self.text = nn.ModuleList(
            Bottleneck(clip.text.width, middle, scale, scale_gradients) for middle in middles
        )
        self.vision = nn.ModuleList(
            Bottleneck(clip.vision.width, middle, scale, scale_gradients) for middle in middles
        )

    @property
    def first_vision_layer(self) -> int:
        """The lowest adapted vision block."""
        return self.start

    def text_plan(self) -> TowerPlan:
        """One residual a block."""
        return TowerPlan(residuals=self._by_block(self.text))

    def vision_plan(self) -> TowerPlan:
        """One residual a block."""
        return TowerPlan(residuals=self._by_block(self.vision))

    def _by_block(self, adapters: nn.ModuleList) -> Mapping[int, nn.Module]:
        return {self.start + index: adapter for index, adapter in enumerate(adapters)}


def _linear(inputs: int, outputs: int) -> nn.Linear:
    """The original's start; the last layer does not start at zero."""
    layer = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(layer.weight, mode='fan_out', nonlinearity='relu')
    nn.init.zeros_(layer.bias)
    return layer
