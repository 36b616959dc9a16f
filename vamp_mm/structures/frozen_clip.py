"""What the parts of a model may ask of the frozen CLIP that is handed to them."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Tower(Protocol):
    """Sizes of one tower: width W of its tokens, number of blocks."""

    @property
    def width(self) -> int:
        """Token width W."""

    @property
    def depth(self) -> int:
        """Number of blocks."""


class FrozenCLIP(Protocol):
    """The backbone as prompters and heads see it when they are built."""

    @property
    def vision(self) -> Tower:
        """The image tower."""

    @property
    def text(self) -> Tower:
        """The text tower."""

    @property
    def embed_dim(self) -> int:
        """Width D of the joint space."""

    @property
    def logit_scale(self) -> Tensor:
        """``()`` factor of the cosines that the weights were trained with."""
