"""Which of our tensors is made from which tensors of an original, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Link:
    """One of our tensors.

    Args:
        own: Its name in the state dict of our model.
        theirs: The original's name, or several whose tensors are stacked on a new first axis (one per block).
        transposed: Whether the last two axes are swapped.
        shape: Ours, where it differs from the original's by axes of length 1; None if it does not.
    """

    own: str
    theirs: str | tuple[str, ...]
    transposed: bool = False
    shape: tuple[int, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The original's names."""
        return (self.theirs,) if isinstance(self.theirs, str) else self.theirs

    def gather(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """Our tensor, built from the original's."""
        if isinstance(self.theirs, str):
            value = tensors[self.theirs]
        else:
            value = torch.stack([tensors[name] for name in self.theirs])
        value = value.transpose(-1, -2) if self.transposed else value
        return value if self.shape is None else value.reshape(self.shape)

    def scatter(
        self, value: Tensor, shapes: Mapping[str, torch.Size] | None = None
    ) -> dict[str, Tensor]:
        """The original's tensors, taken from ours (a weight, or its gradient).

        Args:
            value: Our tensor.
            shapes: The original's shapes, needed where ``shape`` is set; by default those of ``value``'s parts.

        Returns:
            The original's name -> tensor.
        """
        parts = (value,) if isinstance(self.theirs, str) else value.unbind(0)
        out = {}
        for name, part in zip(self.names, parts, strict=True):
            part = part.transpose(-1, -2) if self.transposed else part
            out[name] = part if shapes is None else part.reshape(shapes[name])
        return out


def linear(own: str, theirs: str) -> list[Link]:
    """Links of weight and bias of one linear layer."""
    return [Link(f'{own}.{kind}', f'{theirs}.{kind}') for kind in ('weight', 'bias')]
