"""Kinds of vision trunk behind one interface: open_clip's own transformer, and timm's (SigLIP, EVA).

A trunk owns no parameters; it knows how the modules of a loaded tower are called one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vamp_mm.structures import TokenEdit

from .resnet_trunk import ResNetTrunk


class VisionTrunk(Protocol):
    """What :class:`VisionTower` needs of a trunk."""

    width: int
    depth: int

    def embed(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Images ``(N, 3, H, W)`` -> tokens ``(N, L, W)`` with positions, and rotary angles where the tower has them."""

    def norm_pre(self, x: Tensor) -> Tensor:
        """The LayerNorm before block 0, identity where there is none."""

    def norm_1(self, layer: int) -> nn.Module:
        """The first LayerNorm of a block."""

    def block(self, layer: int, x: Tensor, rope: Tensor | None, extra: int) -> Tensor:
        """One block on ``(B, L, W)``, ``extra`` of whose tokens are prompts."""

    def place(self, edit: TokenEdit) -> TokenEdit:
        """The edit with its position in this trunk's token order."""

    def finish(self, x: Tensor, prompts: Sequence[slice]) -> tuple[Tensor, Tensor]:
        """Pooled ``(B, D)`` and tokens after the last LayerNorm ``(B, L, W)``."""

    @property
    def projection(self) -> Tensor | None:
        """``(W, D)`` from token width to the joint space; None if the tower ends in another way."""


class OpenClipTrunk:
    """open_clip's ``VisionTransformer``.

    Args:
        visual: The tower as loaded; its class is not typed.
    """

    def __init__(self, visual: Any) -> None:
        self._visual = visual
        self._blocks = self._visual.transformer.resblocks
        self.width: int = self._visual.positional_embedding.shape[-1]
        self.depth: int = len(self._blocks)

    def embed(self, images: Tensor) -> tuple[Tensor, None]:
        """Patches behind the class token, with positions."""
        visual = self._visual
        patches = visual.conv1(images).flatten(2).transpose(1, 2)  # (N, L-1, W)
        first = visual.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)
        return torch.cat([first, patches], dim=1) + visual.positional_embedding.to(
            patches.dtype
        ), None

    def norm_pre(self, x: Tensor) -> Tensor:
        """The LayerNorm before block 0."""
        return self._visual.ln_pre(x)

    def norm_1(self, layer: int) -> nn.Module:
        """The first LayerNorm of a block."""
        return self._blocks[layer].ln_1

    def block(self, layer: int, x: Tensor, rope: Tensor | None, extra: int) -> Tensor:
        """One block."""
        return self._blocks[layer](x)

    def place(self, edit: TokenEdit) -> TokenEdit:
        """Positions are as the plan counts them."""
        return edit

    def finish(self, x: Tensor, prompts: Sequence[slice]) -> tuple[Tensor, Tensor]:
        """Last LayerNorm, pooling of the image's own tokens, projection."""
        visual = self._visual
        if visual.attn_pool is not None or visual.final_ln_after_pool:
            tokens, (pooled, _) = x, visual._pool(_without(x, prompts))
        else:
            tokens = visual.ln_post(x)
            pooled = (
                tokens[:, 0]
                if visual.pool_type == 'tok'
                else _without(tokens, prompts)[:, 1:].mean(dim=1)
            )
        return (pooled if visual.proj is None else pooled @ visual.proj), tokens

    @property
    def projection(self) -> Tensor | None:
        """The matrix behind the last LayerNorm."""
        return self._visual.proj


class TimmTrunk:
    """A timm ``VisionTransformer`` (SigLIP) or ``Eva`` inside open_clip's ``TimmModel``.

    Args:
        visual: The tower as loaded; its class is not typed.
    """

    def __init__(self, visual: Any) -> None:
        self._visual = visual
        self._trunk = self._visual.trunk
        self._prefix: int = self._trunk.num_prefix_tokens
        self.width: int = self._trunk.embed_dim
        self.depth: int = len(self._trunk.blocks)

    def embed(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Patches with positions; EVA's rotary angles come along."""
        out = self._trunk._pos_embed(self._trunk.patch_embed(images))
        return out if isinstance(out, tuple) else (out, None)

    def norm_pre(self, x: Tensor) -> Tensor:
        """The LayerNorm before block 0."""
        return self._trunk.norm_pre(x)

    def norm_1(self, layer: int) -> nn.Module:
        """The first LayerNorm of a block."""
        return self._trunk.blocks[layer].norm1

    def block(self, layer: int, x: Tensor, rope: Tensor | None, extra: int) -> Tensor:
        """One block; prompts stand among the leading tokens that rotary positions leave alone."""
        block = self._trunk.blocks[layer]
        if rope is None:
            return block(x)
        angles = rope[layer] if getattr(self._trunk, 'rope_mixed', False) else rope
        attention = block.attn
        attention.num_prefix_tokens = self._prefix + extra
        try:
            return block(x, rope=angles)
        finally:
            attention.num_prefix_tokens = self._prefix

    def place(self, edit: TokenEdit) -> TokenEdit:
        """Directly behind the class token, or in front of all patches where there is none.

        Without a mask attention does not depend on the order of its tokens, so the right end is as good a place.
        """
        if edit.start not in (1, -1):
            raise ValueError(
                f'start={edit.start} of a vision edit is not supported by timm towers; allowed: 1 and -1'
            )
        return replace(edit, start=self._prefix)

    def finish(self, x: Tensor, prompts: Sequence[slice]) -> tuple[Tensor, Tensor]:
        """Last LayerNorm, the tower's own pooling of the image's tokens, projection."""
        tokens = self._trunk.norm(x)
        return self._visual.head(self._trunk.forward_head(_without(tokens, prompts))), tokens

    @property
    def projection(self) -> Tensor | None:
        """The linear layer behind the pooling (EVA), None where there is none (SigLIP)."""
        head = (
            self._trunk.head
            if isinstance(self._trunk.head, nn.Linear)
            else getattr(self._visual.head, 'proj', None)
        )
        return head.weight.T if isinstance(head, nn.Linear) else None


def make_trunk(visual: nn.Module) -> VisionTrunk:
    """Find out how a loaded vision tower is put together.

    Args:
        visual: The tower.

    Returns:
        Its trunk.

    Raises:
        TypeError: If the tower has no transformer blocks to prompt.
    """
    if hasattr(visual, 'transformer') and hasattr(visual, 'class_embedding'):
        return OpenClipTrunk(visual)
    if hasattr(visual, 'attnpool') and hasattr(visual, 'layer4'):
        return ResNetTrunk(visual)
    trunk = getattr(visual, 'trunk', None)
    if all(
        hasattr(trunk, name)
        for name in ('blocks', '_pos_embed', 'norm_pre', 'forward_head', 'num_prefix_tokens')
    ):
        return TimmTrunk(visual)
    raise TypeError(
        f'vision tower {type(trunk or visual).__name__} has no transformer blocks to prompt; allowed: '
        "open_clip's VisionTransformer (arch='ViT-B-16') and timm's VisionTransformer and Eva (SigLIP, EVA)"
    )


def _without(x: Tensor, prompts: Sequence[slice]) -> Tensor:
    """Tokens ``(B, L, W)`` less the prompts, which are not image."""
    if not prompts:
        return x
    keep = torch.ones(x.shape[-2], dtype=torch.bool, device=x.device)
    for span in prompts:
        keep[span] = False
    return x[..., keep, :]
