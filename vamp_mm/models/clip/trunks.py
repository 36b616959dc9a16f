"""Kinds of vision trunk behind one interface: open_clip's own transformer, and timm's (SigLIP, EVA).

A trunk owns no parameters; it knows how the modules of a loaded tower are called one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from vamp_mm.structures import TokenEdit

from .image_blocks import ImageBlocks
from .resnet_trunk import ResNetTrunk


@dataclass(frozen=True)
class BlockRun:
    """How one block is run.

    Args:
        residual: A module whose output on the block's first LayerNorm is added at its end.
        rope: Rotary angles of the patches, where the tower has them.
        extra: How many of the tokens are prompts.
        read: Tokens to compute, those of each slice behind those of the one before; None for all. Only where the trunk
            pools by the class token.
        textbook: Run open_clip's own block, to compare numbers and times with.
    """

    residual: nn.Module | None = None
    rope: Tensor | None = None
    extra: int = 0
    read: Sequence[slice] | None = None
    textbook: bool = False


#: All tokens, nothing added.
PLAIN = BlockRun()


class VisionTrunk(Protocol):
    """What :class:`VisionTower` needs of a trunk."""

    width: int
    depth: int

    def embed(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Images ``(N, 3, H, W)`` -> tokens ``(N, L, W)`` with positions, and rotary angles where the tower has them."""

    def norm_pre(self, x: Tensor) -> Tensor:
        """The LayerNorm before block 0, identity where there is none."""

    @property
    def reads_class_token(self) -> bool:
        """Whether :meth:`finish` pools by the first token alone, so that the last block may compute no more than is read."""

    def block(self, layer: int, x: Tensor, how: BlockRun = PLAIN) -> Tensor:
        """One block on ``(B, L, W)``."""

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
        self._fast = ImageBlocks(self._blocks)
        if not self._fast.supported:
            print_log(
                f"vision tower {type(visual).__name__}: blocks {type(self._blocks[0]).__name__} are open_clip's own and not "
                'those of the fast path; same results, slower',
                'current',
            )
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

    @property
    def reads_class_token(self) -> bool:
        """Whether the class token alone is pooled, by blocks that can leave out the others."""
        visual = self._visual
        return (
            self._fast.supported
            and visual.attn_pool is None
            and not visual.final_ln_after_pool
            and visual.pool_type == 'tok'
        )

    def block(self, layer: int, x: Tensor, how: BlockRun = PLAIN) -> Tensor:
        """One block: on the fast path, or open_clip's own with an attention that this does not know."""
        if self._fast.supported and not how.textbook:
            return self._fast(layer, x, how.residual, how.read)
        block = self._blocks[layer]
        return block(x) if how.residual is None else block(x) + how.residual(block.ln_1(x))

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

    @property
    def reads_class_token(self) -> bool:
        """timm's own blocks compute all tokens."""
        return False

    def block(self, layer: int, x: Tensor, how: BlockRun = PLAIN) -> Tensor:
        """One of timm's own blocks, which project contiguous tokens and fuse attention themselves."""
        block = self._trunk.blocks[layer]
        out = block(x) if how.rope is None else self._with_angles(layer, x, how)
        return out if how.residual is None else out + how.residual(block.norm1(x))

    def _with_angles(self, layer: int, x: Tensor, how: BlockRun) -> Tensor:
        """One block; prompts stand among the leading tokens that rotary positions leave alone."""
        mixed = getattr(self._trunk, 'rope_mixed', False)
        block, angles = self._trunk.blocks[layer], how.rope[layer] if mixed else how.rope  # type: ignore[index]
        block.attn.num_prefix_tokens = self._prefix + how.extra
        try:
            return block(x, rope=angles)
        finally:
            block.attn.num_prefix_tokens = self._prefix

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
