"""The frozen text tower: open_clip's own modules, with the seam for prompts between the blocks.

Three ways through the blocks give the same numbers; which one is taken depends on the tower, never on the method:

- the fast path (``text_blocks.py``) for causal towers: a prefix that all classes share, and what each has of its own;
- whole sentences (``whole_sentences.py``) for all other towers: every (sample, image, class) a sequence of its own;
- the textbook path, on request: whole sentences of the full context length through all blocks, nothing shared or kept.

On the first two, blocks below the first edit run once per vocabulary, and the work is cut into shares of ``max_tokens``.

Axis letters: S samples, N images, C classes, L tokens, P prefix tokens, T own tokens of all classes, K prompt tokens, W
tower width, D joint width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from vamp_mm.structures import EMBED, TextPrompts, TowerOutput, TowerPlan

from .budget import Share, default_max_tokens, share_out
from .edits import edit_tokens
from .kept_states import KeptStates
from .plan_checks import TextLimits
from .text_blocks import TextBlocks
from .text_rows import Sentences, TextRows, final_sizes, prefix_after
from .whole_sentences import WholeSentenceBlocks


@dataclass(frozen=True, eq=False)
class _Lower:
    """Hidden states below the first edit.

    Args:
        prefix: ``(1, 1, P, W)`` of all sentences.
        own: ``(T, W)`` of the own tokens of each.
        qkv: ``(T, 3 W)`` queries, keys and values of the own tokens in the first block that is run, if its weights are
            frozen.
    """

    prefix: Tensor
    own: Tensor
    qkv: Tensor | None

    def take(self, tokens: Tensor | slice) -> _Lower:
        """Some of the own tokens."""
        return _Lower(self.prefix, self.own[tokens], None if self.qkv is None else self.qkv[tokens])


class TextTower(nn.Module):
    """The text tower of an open_clip model, executing a :class:`TowerPlan`.

    Args:
        clip: open_clip's ``CLIP`` or ``CustomTextCLIP``.
        max_tokens: Most tokens that a block computes at once; None goes by the free memory of the device.

    Raises:
        TypeError: If the tower is of a kind that cannot be prompted.
        ValueError: If ``max_tokens`` is below 1.
    """

    def __init__(self, clip: nn.Module, max_tokens: int | None = None) -> None:
        super().__init__()
        source: Any = getattr(clip, 'text', clip)
        if getattr(source, 'cls_emb', None) is not None or getattr(source, 'use_pad_mask', False):
            raise TypeError(
                f'text tower {type(source).__name__} appends a class token or masks padding; allowed: plain '
                'causal or bidirectional text transformers'
            )
        if max_tokens is not None and max_tokens < 1:
            raise ValueError(
                f'max_tokens={max_tokens} must be 1 or more, or None to go by the free memory'
            )
        self.token_embedding = source.token_embedding
        self.positional_embedding = source.positional_embedding
        self.blocks = source.transformer.resblocks
        self.ln_final = source.ln_final
        self.text_projection = source.text_projection
        self.pool: str = getattr(source, 'pool_type', None) or str(clip.text_pool_type)
        eos_id = getattr(source, 'eos_id', None)
        self.eos_id: int | None = (
            eos_id if eos_id is not None else getattr(clip, 'text_eos_id', None)
        )
        self.causal: bool = source.attn_mask is not None
        self.context_length: int = source.context_length
        self.width: int = self.positional_embedding.shape[-1]
        self.depth: int = len(self.blocks)
        self.max_tokens = max_tokens
        self._limits = TextLimits(
            self.depth, self.width, len(self.positional_embedding), self.pool == 'first'
        )
        self._fast_blocks = TextBlocks(self.blocks)
        self._whole = WholeSentenceBlocks(self.blocks, self.causal)
        self._kept = KeptStates()
        self._default_budget: dict[bool, int] = {}

    @property
    def shares_prefix(self) -> bool:
        """Whether sentences take the fast path: a causal mask, plain attention, read out at the end-of-text token."""
        return self.causal and self._fast_blocks.supported and self.pool in ('argmax', 'eos')

    def forward(self, prompts: TextPrompts, plan: TowerPlan, textbook: bool = False) -> TowerOutput:
        """Encode C sentences.

        Args:
            prompts: The tokenised sentences.
            plan: The edits; their tokens are ``(S|1, N|1, C|1, K, W)``.
            textbook: Take the textbook path, to compare numbers and times with.

        Returns:
            ``pooled (S|1, N|1, C, D)``.

        Raises:
            ValueError: If the prompts are on another device, or the plan does not fit the tower or the sentences.
        """
        if prompts.ids.device != self.positional_embedding.device:
            raise ValueError(
                f'the prompts are on {prompts.ids.device}, the text tower on '
                f'{self.positional_embedding.device}; tokenise them with PromptedCLIPBackbone.tokenize after '
                'moving the model'
            )
        plan = replace(plan, edits=tuple(sorted(plan.edits, key=lambda edit: edit.layer)))
        self._limits.check(plan, prompts, self._kept.fact(_source(prompts), 'ends', _ends))
        self._kept.renew(self._frozen_weights(plan))
        encode = (
            self._textbook if textbook else self._fast if self.shares_prefix else self._sentences
        )
        return TowerOutput(pooled=encode(prompts, plan))

    def project(self, hidden: Tensor) -> Tensor:
        """Read-out tokens ``(..., W)`` to joint features ``(..., D)``."""
        pooled = self.ln_final(hidden)
        if isinstance(self.text_projection, nn.Linear):
            return self.text_projection(pooled)
        return pooled if self.text_projection is None else pooled @ self.text_projection

    def _frozen_weights(self, plan: TowerPlan) -> Iterable[nn.Parameter]:
        """The weights that kept states are made with: of a tuned tower those below what is trained."""
        if plan.tuned is None:
            return self.parameters()
        blocks = self.blocks[: max(plan.tuned.first, 0)]
        return [*self.token_embedding.parameters(), self.positional_embedding, *blocks.parameters()]

    def _first(self, plan: TowerPlan) -> int:
        """The lowest block to run for this plan; the last one runs in any case."""
        return min(max(plan.first or 0, 0), self.depth - 1)

    # the fast path

    def _fast(self, prompts: TextPrompts, plan: TowerPlan) -> Tensor:
        source, first = _source(prompts), self._first(plan)
        whole: Sentences = self._kept.fact(source, 'sentences', Sentences.of)
        if prompts.part is None:
            sentences, tokens = whole, None
        else:
            rows = prompts.part.rows
            sentences, tokens = self._kept.fact(prompts, 'part', lambda _: whole.part(rows))
        prefix = prefix_after(plan.at(EMBED), prompts.prefix)
        lower: _Lower | None = None
        if prefix is not None and self._kept.lasting:
            lower = self._kept.state(
                source, ('rows', prefix, first), lambda: self._lower(whole, prefix, first, plan)
            )
            lower = lower if tokens is None else lower.take(tokens)
        elif prefix is not None:
            lower = self._lower(sentences, prefix, first, plan)

        def run(share: Share) -> Tensor:
            text, qkv = self._enter(sentences, share.of(plan), share.classes, lower)
            return self.project(self._fast_blocks(text, share.of(plan), first, qkv))

        reach, grown = final_sizes(plan.edits, prompts.prefix)
        lengths = [length + grown for length in sentences.layout.lengths]
        return self._in_shares(run, plan, lengths, reach)

    def _lower(self, sentences: Sentences, prefix: int, first: int, plan: TowerPlan) -> _Lower:
        """What the sentences are at block ``first`` without edits, behind a prefix of some length."""
        layout = sentences.layout.with_prefix(prefix)
        own = self.token_embedding(sentences.own_ids)
        own = own + self.positional_embedding[layout.own_positions(own.device)]
        start = self._embed_prefix(sentences, TowerPlan())
        text = self._fast_blocks.below(TextRows.join(start, own, layout), first)
        own = text.layout.gather(text.x)[0, 0]
        # the last block asks for the queries of the read-out tokens only
        frozen = first < self.depth - 1 and (plan.tuned is None or first < plan.tuned.first)
        qkv = self._fast_blocks.project(first, own) if frozen else None
        return _Lower(text.x[:, :, : text.layout.prefix], own, qkv)

    def _enter(
        self, sentences: Sentences, plan: TowerPlan, classes: slice, lower: _Lower | None
    ) -> tuple[TextRows, Tensor | None]:
        """Some classes' input of the first block to run, and the queries, keys and values if they are known."""
        layout, tokens = sentences.layout.part(classes), sentences.layout.tokens(classes)
        if lower is None:  # own tokens are edited at the embedding
            prefix = self.token_embedding(sentences.prefix_ids)[None, None]
            own = self.token_embedding(sentences.own_ids[tokens])
            text = TextRows.join(prefix, own, layout).edit(plan.at(EMBED))
            place = text.layout.positions(text.x.device)
            return TextRows(text.x + self.positional_embedding[place], text.layout), None
        lower = lower.take(tokens)
        prefix, qkv = lower.prefix, lower.qkv
        if plan.at(EMBED):
            prefix = self._embed_prefix(sentences, plan)
        if prefix_after(plan.at(self._first(plan)), prefix.shape[-2]) is None:
            qkv = None
        return TextRows.join(prefix, lower.own, layout), qkv

    def _embed_prefix(self, sentences: Sentences, plan: TowerPlan) -> Tensor:
        """``(S|1, N|1, P, W)`` with positions."""
        inside = [replace(edit, tokens=edit.tokens.squeeze(2)) for edit in plan.at(EMBED)]
        prefix = edit_tokens(self.token_embedding(sentences.prefix_ids)[None, None], inside)
        return prefix + self.positional_embedding[: prefix.shape[-2]]

    # whole sentences

    def _sentences(self, prompts: TextPrompts, plan: TowerPlan) -> Tensor:
        """Every sentence on its own, cut at the last read-out token where the tower is causal."""
        first = self._first(plan)
        reach = max(
            (edit.start + edit.length for edit in plan.edits if edit.mode != 'insert'), default=0
        )
        ids = self._full(prompts) if reach > prompts.ids.shape[1] else prompts.ids
        lower = None
        if not plan.at(EMBED) and prompts.part is not None and self._kept.lasting:
            whole = F.pad(prompts.part.whole.ids, (0, ids.shape[1] - prompts.ids.shape[1]))
            lower = self._kept.state(
                prompts.part.whole,
                ('whole', ids.shape[1], first),
                lambda: self._whole.below(self._embed(whole, plan), first),
            )[:, :, prompts.part.index]
        elif not plan.at(EMBED):
            lower = self._kept.state(
                prompts,
                ('whole', ids.shape[1], first),
                lambda: self._whole.below(self._embed(ids, plan), first),
            )
        position = self._read_out(prompts, plan)

        def run(share: Share) -> Tensor:
            own, classes = share.of(plan), share.classes
            x = self._embed(ids[classes], own) if lower is None else lower[:, :, classes]
            return self.project(self._whole(x, position[classes], own, first))

        length = ids.shape[1] + sum(edit.length for edit in plan.edits if edit.mode == 'insert')
        return self._in_shares(run, plan, [length] * len(prompts), 0)

    def _textbook(self, prompts: TextPrompts, plan: TowerPlan) -> Tensor:
        """Every (sample, image, class) on its own: the full context through all blocks."""
        x = self._embed(self._full(prompts), plan)
        x = x.expand(*_lead(plan), len(prompts), *x.shape[-2:])
        return self.project(self._whole(x, self._read_out(prompts, plan), plan, 0))

    def _full(self, prompts: TextPrompts) -> Tensor:
        """``(C, L)`` ids padded to the full context, as tokenizers make them."""
        return F.pad(prompts.ids, (0, self.context_length - prompts.ids.shape[1]))

    def _embed(self, ids: Tensor, plan: TowerPlan) -> Tensor:
        # (S|1, N|1, C, L, W)
        x = edit_tokens(self.token_embedding(ids)[None, None], plan.at(EMBED))
        # insertions push padding out; the plan was checked for more
        x = x[..., : len(self.positional_embedding), :]
        return x + self.positional_embedding[: x.shape[-2]]

    def _read_out(self, prompts: TextPrompts, plan: TowerPlan) -> Tensor:
        if self.pool == 'first':
            return prompts.eot
        return prompts.eot + sum(edit.length for edit in plan.edits if edit.mode == 'insert')

    # memory

    def _in_shares(
        self, run: Callable[[Share], Tensor], plan: TowerPlan, lengths: Sequence[int], prefix: int
    ) -> Tensor:
        """Run share by share within the budget; while training, a share's activations are computed again for backward."""
        shares = share_out(*_lead(plan), lengths, prefix, self._budget())
        if len(shares) > 1 and torch.is_grad_enabled():
            random = bool(plan.residuals)  # dropout in a module must fall the same way again
            return shares.join(
                [
                    checkpoint(run, share, use_reentrant=False, preserve_rng_state=random)
                    for share in shares
                ]
            )
        return shares.join([run(share) for share in shares])

    def _budget(self) -> int:
        if self.max_tokens is not None:
            return self.max_tokens
        training, weight = torch.is_grad_enabled(), self.positional_embedding
        if training not in self._default_budget:
            self._default_budget[training] = default_max_tokens(
                weight.device, self.width, self.depth, weight.itemsize, training
            )
        return self._default_budget[training]

    def _apply(self, fn, recurse: bool = True):  # type: ignore[no-untyped-def]
        self._default_budget.clear()  # another device, another memory
        return super()._apply(fn, recurse)


def _source(prompts: TextPrompts) -> TextPrompts:
    """What is known of sentences is known of the many that they are a part of."""
    return prompts if prompts.part is None else prompts.part.whole


def _ends(prompts: TextPrompts) -> tuple[int, int]:
    """Smallest and largest read-out position, on the host."""
    return int(prompts.eot.min()), int(prompts.eot.max())


def _lead(plan: TowerPlan) -> tuple[int, int]:
    """Samples and images of a plan, 1 where its text does not depend on them."""
    shape = torch.broadcast_shapes((1, 1), *(edit.tokens.shape[:2] for edit in plan.edits))
    return shape[0], shape[1]
