"""What VaMP and the methods that host it have in common: text tokens of some blocks beside a host's vision tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Protocol, cast

from torch import Tensor

from vamp_mm.registry import build_part
from vamp_mm.structures import (
    FrozenCLIP,
    Latent,
    PromptPlan,
    TextPrompts,
    TokenEdit,
    TowerPlan,
    Vocabulary,
)

from .layers import check_layers, deep_edits


class TokenHost(Protocol):
    """A way of putting tokens into both towers: ``RepresentationTokens`` (MMRL), ``CoupledTokens`` (MaPLe), ..."""

    #: ``'insert'`` behind the start token, or ``'overwrite'`` the first words of ``context``.
    text_mode: Literal['insert', 'overwrite']
    #: Position of the text tokens: behind the start token, where the tower has one.
    text_position: int
    #: Words before the class name that take the place of the vocabulary's templates; None to keep those.
    context: str | None
    #: Share of the new tokens where later blocks renew them; 1 replaces what the block before made of them.
    blend: float
    depth: int
    num_tokens: int
    first_vision_layer: int

    def add_text_tokens(self, clip: FrozenCLIP, depth: int) -> None:
        """Learn shared text tokens for H blocks."""

    def text_tokens(self) -> Tensor:
        """``(H, K, W)`` shared text tokens."""

    def vision_edits(self, shared: Tensor | None) -> tuple[TokenEdit, ...]:
        """Edits of the vision tower, from ``(H, K, W)`` shared text tokens where the towers are coupled."""


def build_host(config: Mapping[str, Any], clip: FrozenCLIP, start: int, depth: int) -> TokenHost:
    """Build a host and check that it goes with the edited text blocks.

    Args:
        config: Config of the host.
        clip: The backbone.
        start: First edited text block, counted from 0.
        depth: Number of edited text blocks.

    Returns:
        The host, an ``nn.Module``.

    Raises:
        ValueError: If the blocks do not exist, or the host couples other ones.
    """
    check_layers('text', start, depth, clip.text.depth)
    host = cast(TokenHost, build_part(config, clip=clip))
    if host.text_mode == 'overwrite' and (start != 0 or depth != host.depth):
        raise ValueError(
            f'start={start}, depth={depth}: with {type(host).__name__} text and vision blocks are '
            f'coupled; set start=0 and depth={host.depth}'
        )
    return host


def hosted_sentences(host: TokenHost, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
    """The vocabulary's own sentences, or ``<context> <name>.`` if the host has a context of its own."""
    if host.context is None:
        return vocabulary.sentences
    return replace(vocabulary, templates=(host.context + ' {}.',)).sentences


def hosted_words(host: TokenHost, shared: Tensor) -> dict[str, Tensor]:
    """The tokens of block 0 where they take the place of words, from ``(H, K, W)`` tokens that all images share."""
    return {'context': shared[0]} if host.text_mode == 'overwrite' else {}


def hosted_plan(
    host: TokenHost,
    prompts: TextPrompts,
    templates: int,
    start: int,
    tokens: Tensor,
    shared: Tensor,
    latent: Latent | None = None,
) -> PromptPlan:
    """Plan of both towers.

    Args:
        host: The host.
        prompts: The tokenised sentences.
        templates: Number of templates.
        start: First edited text block.
        tokens: ``(H, S|1, N|1, 1, K, W)`` text tokens.
        shared: ``(H, K, W)`` text tokens that all images share; the vision tokens may be made of them.
        latent: What was sampled.

    Returns:
        The plan.
    """
    at_embedding = host.text_mode == 'overwrite'
    edits = deep_edits(
        tokens,
        start,
        host.text_position,
        host.text_mode,
        at_embedding=at_embedding,
        blend=host.blend,
    )
    return PromptPlan(
        text=prompts,
        templates=templates,
        latent=latent,
        text_tower=TowerPlan(edits=edits),
        vision_tower=TowerPlan(edits=host.vision_edits(shared)),
    )


def for_all(tokens: Tensor) -> Tensor:
    """``(H, K, W)`` tokens as ``(H, 1, 1, 1, K, W)``: the same for all samples, images and classes."""
    return tokens[:, None, None, None]
