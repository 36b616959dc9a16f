"""What a method asks of the two frozen towers: which tokens go in, where, and how.

A plan is data. The towers execute it without knowing the method it serves; the empty plan is plain CLIP.
Blocks are counted from 0. Axis letters: S samples, N images, C classes, L length, K prompt tokens, W tower width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import torch
from torch import Tensor, nn

from .class_rows import ClassRows
from .outputs import Latent

#: Layer of an edit that acts before block 0: in vision after the positions and before the first LayerNorm,
#: in text on the token embeddings before the positions are added.
EMBED = -1

_MODES = ('insert', 'overwrite', 'blend')


@dataclass(frozen=True, eq=False)
class TokenEdit:
    """K tokens that enter a tower at the start of one block.

    Args:
        layer: 0-based block before which the edit happens, or :data:`EMBED`.
        start: Position of the first token; 1 is just after the class token (vision) or the start token (text),
            -1 means the right end (vision only).
        mode: ``insert`` lengthens the sequence, ``overwrite`` replaces what is there, ``blend`` mixes
            ``weight * tokens + (1 - weight) * present``.
        tokens: Text ``(S|1, N|1, C|1, K, W)``, vision ``(S|1, N|1, K, W)``.
        weight: Share of the new tokens in ``blend``.
        name: Lets a head find these tokens in :class:`TowerOutput` later.

    Raises:
        ValueError: If the mode is unknown, the layer is below :data:`EMBED`, or the weight is outside [0, 1].
    """

    layer: int
    start: int
    mode: Literal['insert', 'overwrite', 'blend']
    tokens: Tensor
    weight: float = 1.0
    name: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in _MODES:
            raise ValueError(f'mode={self.mode!r} is not a token operation; allowed: {_MODES}')
        if self.layer < EMBED:
            raise ValueError(
                f'layer={self.layer} is below EMBED={EMBED}; blocks are counted from 0'
            )
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(f'weight={self.weight} of a blend must lie in [0, 1]')

    @property
    def length(self) -> int:
        """Number of tokens K."""
        return self.tokens.shape[-2]


@dataclass(frozen=True, eq=False)
class TunedTower:
    """A tower with trained weights of its own, which runs in place of the frozen one.

    Args:
        tower: A copy of the tower that shares all tensors with it but those that are trained.
        first: The lowest layer whose weights differ: a block, ``EMBED`` for the LayerNorm before block 0, or the number of
            blocks if only what comes after them differs.
    """

    tower: nn.Module
    first: int


@dataclass(frozen=True, eq=False)
class TowerPlan:
    """The edits of one tower, at most one residual module per block, and other weights.

    Args:
        edits: Token edits; those of one layer are applied in the given order.
        residuals: Block index -> module that treats tokens one by one (an adapter); its output on the block's first
            LayerNorm is added at the block's end.
        tuned: What runs in place of the frozen tower, where a method trains weights of CLIP.
        frozen: Run without gradients, whatever could be trained in it.
    """

    edits: tuple[TokenEdit, ...] = ()
    residuals: Mapping[int, nn.Module] = field(default_factory=lambda: MappingProxyType({}))
    tuned: TunedTower | None = None
    frozen: bool = False

    @property
    def first(self) -> int | None:
        """The lowest layer that differs from plain CLIP, or None for an empty plan."""
        layers = [edit.layer for edit in self.edits] + list(self.residuals)
        layers += [] if self.tuned is None else [self.tuned.first]
        return min(layers) if layers else None

    def at(self, layer: int) -> tuple[TokenEdit, ...]:
        """The edits of one layer, in order."""
        return tuple(edit for edit in self.edits if edit.layer == layer)


@dataclass(frozen=True, eq=False)
class TextPrompts:
    """Tokenised sentences, one per class, cut at the last end-of-text token that any of them needs.

    Args:
        ids: ``(C, L)`` token ids; what follows a sentence's end-of-text token is padding.
        eot: ``(C,)`` position of the token that is read out.
        prefix: Number of leading tokens that are the same in all C sentences (start token, template words).
        part: Which sentences these are among others, whose states a tower may keep; None if they stand for themselves.
    """

    ids: Tensor
    eot: Tensor
    prefix: int
    part: SentencePart | None = None

    def __post_init__(self) -> None:
        if self.ids.ndim != 2 or self.eot.shape != self.ids.shape[:1]:
            raise ValueError(
                f'ids must be (C, L) and eot (C,), got {tuple(self.ids.shape)} and '
                f'{tuple(self.eot.shape)}'
            )

    def __len__(self) -> int:
        return self.ids.shape[0]

    def of_classes(self, classes: Tensor, templates: int = 1) -> TextPrompts:
        """The sentences of some classes.

        Args:
            classes: ``(K,)`` class indices; on the host, no device is waited for.
            templates: Number of templates, one after the other in these sentences and in the result.

        Returns:
            Their sentences, in the given order.
        """
        count = len(self) // templates
        rows = (torch.arange(templates, device=classes.device)[:, None] * count + classes).flatten()
        here = rows.to(self.ids.device, non_blocking=True)
        part = SentencePart(self, tuple(rows.tolist()), here)
        return TextPrompts(self.ids[here], self.eot[here], self.prefix, part)


@dataclass(frozen=True, eq=False)
class SentencePart:
    """Some sentences of many.

    Args:
        whole: All of them.
        rows: Which ones, on the host.
        index: ``(K,)`` the same on the device of the sentences.
    """

    whole: TextPrompts
    rows: tuple[int, ...]
    index: Tensor


@dataclass(frozen=True, eq=False)
class PromptPlan:
    """All that a method asks of CLIP in one forward pass.

    Args:
        text: The sentences to encode, template by template; None where there is nothing to encode.
        text_tower: Edits of the text tower.
        vision_tower: Edits of the vision tower.
        templates: Number of templates T; the unit features of a class's T sentences are averaged.
        latent: What a variational method sampled, for its losses.
        extra: Further plans by name (``'context_text'``: the contexts without a class name), encoded only for loss terms
            that require the name.
        rows: Features of the classes that are not in ``text``.
    """

    text: TextPrompts | None = None
    text_tower: TowerPlan = field(default_factory=TowerPlan)
    vision_tower: TowerPlan = field(default_factory=TowerPlan)
    templates: int = 1
    latent: Latent | None = None
    extra: Mapping[str, PromptPlan] = field(default_factory=lambda: MappingProxyType({}))
    rows: ClassRows | None = None


#: Plain CLIP: the frozen teacher is the same encoder with this plan.
EMPTY_PLAN = PromptPlan()
