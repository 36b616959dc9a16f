"""What the parts of a model may ask of the frozen CLIP that is handed to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from .plan import TextPrompts


class Tower(Protocol):
    """Sizes of one tower: width W of its tokens, number of blocks."""

    @property
    def width(self) -> int:
        """Token width W."""

    @property
    def depth(self) -> int:
        """Number of blocks."""


class ImageTower(Tower, Protocol):
    """The image tower, whose projection a read-out may start from."""

    @property
    def projection(self) -> Tensor | None:
        """``(W, D)`` from token width to the joint space; None if the tower ends in another way."""


class FrozenCLIP(Protocol):
    """The backbone as prompters and heads see it when they are built."""

    @property
    def vision(self) -> ImageTower:
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

    def tokenize(self, sentences: Sequence[str]) -> TextPrompts:
        """Token ids of C sentences."""

    def embed(self, ids: Tensor) -> Tensor:
        """Token embeddings ``(..., W)`` of ids ``(...)``, without positions."""


def require_blocks(name: str, number: int) -> None:
    """Refuse a tower without transformer blocks.

    Args:
        name: How messages call it.
        number: Its blocks.

    Raises:
        ValueError: If it is a ResNet; the message names the methods that work on it.
    """
    if not number:
        raise ValueError(
            f'the {name} tower is a ResNet, without blocks or tokens to prompt; use a method of the text side (CoOp, '
            "CoCoOp, KgCoOp, ProGrad, ProDA, TCP, Bayesian Prompt Learning), or a vision transformer: arch='ViT-B-16'"
        )
