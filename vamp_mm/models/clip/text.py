"""The frozen text tower: open_clip's own modules, with the seam for prompts between the blocks.

Two paths give the same numbers. The textbook path runs every (sample, image, class) as a sequence of its own. The shared
path uses that under a causal mask the tokens before the class name do not depend on the class: they run once per
(sample, image), and all classes attend to their keys and values; the last block computes the read-out token only. Blocks
below the first edit see no prompt; they run once per vocabulary and are kept.

Axis letters: S samples, N images, C classes, L tokens, P prefix tokens, K prompt tokens, W tower width, D joint width.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor, nn

from ...structures import EMBED, TextPrompts, TowerOutput, TowerPlan
from .edits import edit_tokens
from .shared_prefix import SharedPrefixBlocks


class TextTower(nn.Module):
    """The text tower of an open_clip model, executing a :class:`TowerPlan`.

    Args:
        clip: open_clip's ``CLIP`` or ``CustomTextCLIP``.
    """

    def __init__(self, clip: nn.Module) -> None:
        super().__init__()
        source: Any = getattr(clip, 'text', clip)
        if getattr(source, 'cls_emb', None) is not None or getattr(source, 'use_pad_mask', False):
            raise TypeError(f'text tower {type(source).__name__} appends a class token or masks padding; allowed: plain '
                            'causal or bidirectional text transformers')
        self.token_embedding = source.token_embedding
        self.positional_embedding = source.positional_embedding
        self.blocks = source.transformer.resblocks
        self.ln_final = source.ln_final
        self.text_projection = source.text_projection
        self.pool: str = getattr(source, 'pool_type', None) or str(clip.text_pool_type)
        eos_id = getattr(source, 'eos_id', None)
        self.eos_id: int | None = eos_id if eos_id is not None else getattr(clip, 'text_eos_id', None)
        self.causal: bool = source.attn_mask is not None
        self.context_length: int = source.context_length
        self.width: int = self.positional_embedding.shape[-1]
        self.depth: int = len(self.blocks)
        self._shared = SharedPrefixBlocks(self.blocks)
        self._lower: weakref.WeakKeyDictionary[TextPrompts, dict[tuple, Tensor]] = weakref.WeakKeyDictionary()

    def forward(self, prompts: TextPrompts, plan: TowerPlan, textbook: bool = False) -> TowerOutput:
        """Encode C sentences.

        Args:
            prompts: The tokenised sentences.
            plan: The edits; their tokens are ``(S|1, N|1, C|1, K, W)``.
            textbook: Take the plain path even where the shared one applies (for tests and benchmarks).

        Returns:
            ``pooled (S|1, N|1, C, D)``.

        Raises:
            ValueError: If an edit lies above the last block or behind the read-out token, or the prompts do not fit the
                context.
        """
        prompts = self._on_device(prompts)
        self._check(prompts, plan)
        first = 0 if plan.first is None else max(plan.first, 0)
        x = self._below(prompts, plan, first)  # (S|1, N|1, C, L, W)
        if not textbook and self._shareable(prompts, plan):
            return self._project(self._shared(x, prompts, plan, first))
        return self._project(self._textbook(x, prompts, plan, first))

    def _below(self, prompts: TextPrompts, plan: TowerPlan, first: int) -> Tensor:
        """Input of block ``first``: plain CLIP below the first edit, computed once per vocabulary if frozen."""
        early = plan.at(EMBED)
        if early:
            return self._embed(prompts, plan)
        frozen = not any(parameter.requires_grad for parameter in self.parameters())
        if not frozen:
            self._lower.clear()  # what was kept is of the weights before
        key = (first, torch.is_autocast_enabled(prompts.ids.device.type), torch.get_autocast_dtype(prompts.ids.device.type))
        cache = self._lower.setdefault(prompts, {})
        if key in cache and cache[key].dtype == self.positional_embedding.dtype:
            return cache[key]
        with torch.set_grad_enabled(torch.is_grad_enabled() and not frozen):
            x = self._plain(self._embed(prompts, plan), range(first))
        if frozen and not torch.is_inference_mode_enabled():
            cache[key] = x
        return x

    def _embed(self, prompts: TextPrompts, plan: TowerPlan) -> Tensor:
        x = self.token_embedding(prompts.ids)[None, None]  # (1, 1, C, L, W)
        x = edit_tokens(x, plan.at(EMBED))
        if x.shape[-2] > len(self.positional_embedding):
            raise ValueError(f'{x.shape[-2]} tokens after the edits exceed the {len(self.positional_embedding)} '
                             'positions of the text tower; use fewer prompt tokens or shorter names')
        return x + self.positional_embedding[:x.shape[-2]]

    def _plain(self, x: Tensor, layers: range) -> Tensor:
        for layer in layers:
            x = self._run_block(layer, x)
        return x

    def _run_block(self, layer: int, x: Tensor) -> Tensor:
        lead = x.shape[:-2]
        mask = self._mask(x.shape[-2], x) if self.causal else None
        return self.blocks[layer](x.flatten(0, -3), attn_mask=mask).unflatten(0, lead)

    def _textbook(self, x: Tensor, prompts: TextPrompts, plan: TowerPlan, first: int) -> Tensor:
        """Every sequence on its own through all blocks; the read-out token ``(S|1, N|1, C, W)``."""
        length = x.shape[-2]
        for layer in range(first, self.depth):
            x = edit_tokens(x, plan.at(layer))
            out = self._run_block(layer, x)
            residual = plan.residuals.get(layer)
            x = out if residual is None else out + residual(self.blocks[layer].ln_1(x))
        grown = x.shape[-2] - length + sum(e.length for e in plan.at(EMBED) if e.mode == 'insert')
        position = prompts.eot if self.pool == 'first' else prompts.eot + grown
        index = position.view(1, 1, -1, 1, 1).expand(*x.shape[:2], -1, 1, x.shape[-1])
        return x.expand(*x.shape[:2], len(prompts), *x.shape[-2:]).gather(-2, index).squeeze(-2)

    def _shareable(self, prompts: TextPrompts, plan: TowerPlan) -> bool:
        """Whether every edit stays within the class-independent prefix, for all classes alike."""
        if not (self.causal and prompts.prefix and self._shared.supported and self.pool in ('argmax', 'eos')):
            return False
        edits = plan.edits
        if not edits or plan.residuals or any(edit.layer == EMBED for edit in edits):
            return False
        prefix = prompts.prefix
        for edit in sorted(edits, key=lambda e: e.layer):
            reach = edit.start + (0 if edit.mode == 'insert' else edit.length)
            if edit.start < 0 or edit.tokens.shape[2] != 1 or reach > prefix:
                return False
            prefix += edit.length if edit.mode == 'insert' else 0
        return True

    def _project(self, x: Tensor) -> TowerOutput:
        pooled = self.ln_final(x)
        if isinstance(self.text_projection, nn.Linear):
            pooled = self.text_projection(pooled)
        elif self.text_projection is not None:
            pooled = pooled @ self.text_projection
        return TowerOutput(pooled=pooled)

    def _mask(self, length: int, like: Tensor) -> Tensor:
        # in the dtype of the queries: a float32 mask under float64 queries gives silently wrong attention
        return torch.full((length, length), float('-inf'), dtype=like.dtype, device=like.device).triu(1)

    def _on_device(self, prompts: TextPrompts) -> TextPrompts:
        device = self.positional_embedding.device
        if prompts.ids.device != device:
            raise ValueError(f'the prompts are on {prompts.ids.device}, the text tower on {device}; tokenise them with '
                             'PromptedCLIPBackbone.tokenize after moving the model')
        return prompts

    def _check(self, prompts: TextPrompts, plan: TowerPlan) -> None:
        layers = [edit.layer for edit in plan.edits] + list(plan.residuals)
        if layers and max(layers) >= self.depth:
            raise ValueError(f'layer {max(layers)} of the text plan does not exist: this tower has blocks 0..'
                             f'{self.depth - 1}')
        grown = 0
        for edit in sorted(plan.edits, key=lambda e: e.layer):
            # the read-out token moves by what is inserted; within the prefix that holds without looking at the sentences
            behind = edit.mode == 'insert' and edit.start > prompts.prefix + grown and self.pool != 'first' and \
                edit.start > int(prompts.eot.min()) + grown
            if edit.start < (1 if self.pool == 'first' else 0) or behind:
                raise ValueError(f'{edit.mode} at {edit.start} in the text tower lies behind the token that a sentence is '
                                 'read out from; count positions from the start token')
            grown += edit.length if edit.mode == 'insert' else 0

    def _load_from_state_dict(self, *args: object) -> None:
        self._lower.clear()  # the kept states are of the weights before
        super()._load_from_state_dict(*args)

    def _apply(self, fn, recurse: bool = True):  # type: ignore[no-untyped-def]
        self._lower.clear()  # moved or cast: the kept states are of the old tensors
        return super()._apply(fn, recurse)

    def __getstate__(self) -> dict:
        return {**self.__dict__, '_lower': None}

    def __setstate__(self, state: dict) -> None:
        super().__setstate__({**state, '_lower': weakref.WeakKeyDictionary()})
