"""The frozen vision tower: open_clip's own modules, with the seam for prompts between the blocks.

Axis letters: S samples, N images, L tokens, K prompt tokens, W tower width, D joint width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...structures import EMBED, TowerOutput, TowerPlan
from .edits import Spans, edit_tokens


@dataclass(frozen=True, eq=False)
class VisionStem:
    """Hidden states below the first edit, shared by the plain and the prompted pass.

    Args:
        hidden: ``(N, L, W)`` input of block ``layer``; for :data:`EMBED` before the first LayerNorm.
        layer: The block that comes next.
    """

    hidden: Tensor
    layer: int


class VisionTower(nn.Module):
    """An open_clip ``VisionTransformer`` that executes a :class:`TowerPlan`.

    Args:
        visual: The tower as open_clip loaded it.

    Raises:
        TypeError: If the tower is of another kind (timm trunks and ResNets have no such seam yet).
    """

    def __init__(self, visual: nn.Module) -> None:
        super().__init__()
        if not hasattr(visual, 'transformer') or not hasattr(visual, 'class_embedding'):
            raise TypeError(f'vision tower {type(visual).__name__} has no open_clip transformer blocks to prompt; allowed: '
                            "open_clip's VisionTransformer, for example arch='ViT-B-16'")
        self.visual = visual
        self.width: int = visual.positional_embedding.shape[-1]
        self.depth: int = len(visual.transformer.resblocks)

    def stem(self, images: Tensor, layer: int) -> VisionStem:
        """Run plain CLIP up to the input of block ``layer``.

        Args:
            images: ``(N, 3, H, W)`` normalised images.
            layer: 0-based block index, :data:`EMBED`, or ``depth`` for all blocks.
        """
        visual = self.visual
        patches = visual.conv1(images).flatten(2).transpose(1, 2)  # (N, L-1, W)
        first = visual.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)
        x = torch.cat([first, patches], dim=1) + visual.positional_embedding.to(patches.dtype)
        if layer == EMBED:
            return VisionStem(x, EMBED)
        x = visual.ln_pre(x)
        for block in visual.transformer.resblocks[:layer]:
            x = block(x)
        return VisionStem(x, layer)

    def forward(self, source: Tensor | VisionStem, plan: TowerPlan, want_tokens: bool = False) -> TowerOutput:
        """Encode images.

        Args:
            source: ``(N, 3, H, W)`` images, or their stem from :meth:`stem`.
            plan: The edits; empty is plain CLIP.
            want_tokens: Whether to return all tokens after the last LayerNorm.

        Returns:
            ``pooled (S|1, N, D)``, for an empty plan S|1 = 1.

        Raises:
            ValueError: If an edit lies below the stem or above the last block.
        """
        first = self.depth if plan.first is None else plan.first
        stem = source if isinstance(source, VisionStem) else self.stem(source, first)
        self._check(plan, stem.layer)
        x, spans = stem.hidden.unsqueeze(0), Spans()  # (1, N, L, W)
        if stem.layer == EMBED:
            x = edit_tokens(x, plan.at(EMBED), spans)
            x = self.visual.ln_pre(x)
        for layer in range(max(stem.layer, 0), self.depth):
            x = edit_tokens(x, plan.at(layer), spans)
            x = self._block(layer, x, plan)
        return self._pool(x, spans, want_tokens)

    def _block(self, layer: int, x: Tensor, plan: TowerPlan) -> Tensor:
        block = self.visual.transformer.resblocks[layer]
        out = block(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        residual = plan.residuals.get(layer)
        return out if residual is None else out + residual(block.ln_1(x))

    def _pool(self, x: Tensor, spans: Spans, want_tokens: bool) -> TowerOutput:
        visual, lead = self.visual, x.shape[:2]
        if visual.attn_pool is not None or visual.final_ln_after_pool:
            pooled, _ = visual._pool(x.flatten(0, 1))
            tokens = x
        else:
            tokens = visual.ln_post(x)
            pooled = self._readout(tokens, spans).flatten(0, 1)
        if visual.proj is not None:
            pooled = pooled @ visual.proj
        return TowerOutput(
            pooled=pooled.unflatten(0, lead), tokens=tokens if want_tokens else None, spans=spans.named())

    def _readout(self, tokens: Tensor, spans: Spans) -> Tensor:
        if self.visual.pool_type == 'tok':
            return tokens[..., 0, :]
        patches = torch.ones(tokens.shape[-2], dtype=torch.bool, device=tokens.device)
        patches[0] = False
        for span in spans.all():
            patches[span] = False  # prompts are not image
        return tokens[..., patches, :].mean(dim=-2)

    def _check(self, plan: TowerPlan, stem_layer: int) -> None:
        layers = [edit.layer for edit in plan.edits] + list(plan.residuals)
        wrong = [layer for layer in layers if layer >= self.depth or layer < stem_layer]
        if wrong:
            raise ValueError(f'layer {wrong[0]} of the vision plan cannot be edited: this tower has blocks 0..'
                             f'{self.depth - 1} and the shared stem ends before block {stem_layer}')


