"""Learned context words around the class name (CoOp, Zhou et al., IJCV 2022), and what later methods add to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from vamp_mm.arguments import Component, NonNegative, PositiveInt, Tokens
from vamp_mm.registry import MODELS, build_part
from vamp_mm.structures import (
    EMBED,
    FrozenCLIP,
    PromptContext,
    PromptPlan,
    TokenEdit,
    TowerPlan,
    Vocabulary,
)

from .base import BasePrompter, TextEncoder
from .placing import (
    PLACEHOLDER,
    Placement,
    Position,
    fill,
    first_position,
    name_lengths,
    place,
)
from .words import start_tokens


@MODELS.register_module()
class ContextPrompter(BasePrompter):
    """M learned tokens in place of the first words of every prompt.

    A prompt is ``<M tokens> <template>``. Methods that add something to it do so by a part: ``shift`` moves the tokens
    (CoCoOp, Bayesian Prompt Learning), ``text_tokens`` edit the text tower further up (TCP).

    Args:
        clip: The backbone (given by the classifier), for its widths and token embeddings.
        num_tokens: Number M of learned tokens; None takes as many as ``context`` has words.
        context: Words whose embeddings the tokens start with, such as ``'a photo of a'``; None starts them at random. With
            M above the number of words the first ones start at zero (ProGrad); with M below it the last words stay as
            they are (MaPLe, IVLP).
        template: What follows the tokens, with ``{}`` for the class name.
        by_template: The vocabulary's own template -> what follows the tokens, where it differs from ``template``.
        position: Class name behind the tokens (``'end'``), between their halves (``'middle'``) or before them
            (``'front'``).
        num_classes: Number of classes for a context of each class's own (CoOp's CSC), which answers about the classes
            that it was trained on only; None shares the context.
        full_stop: What ``'middle'`` and ``'front'`` take for the end of a class name that ends in punctuation, such as
            ``'kite (bird of prey)'``: ``'merged'`` as the original, where the name takes the full stop along;
            ``'own'`` keeps the full stop behind the context.
        std: Standard deviation of tokens that start at random.
        shift: Config of a part that shifts the tokens, such as ``ImageShift`` or ``GaussianShift``.
        text_tokens: Config of a part with further edits of the text tower, such as ``ClassAwareTokens``.

    Raises:
        ValueError: If a choice is unknown or does not fit the others.
    """

    def __init__(
        self,
        clip: FrozenCLIP,
        num_tokens: Tokens | None = None,
        context: str | None = None,
        template: str = '{}.',
        by_template: Mapping[str, str] | None = None,
        position: Position = 'end',
        num_classes: PositiveInt | None = None,
        full_stop: Literal['merged', 'own'] = 'merged',
        std: NonNegative = 0.02,
        shift: Component | None = None,
        text_tokens: Component | None = None,
    ) -> None:
        super().__init__()
        words = (context or '').split()
        self.num_tokens = _length(num_tokens, len(words))
        _check(position, full_stop, [template, *(by_template or {}).values()])
        self.position, self.template, self.full_stop = position, template, full_stop
        self.by_template = dict(by_template or {})
        self.num_classes = num_classes
        blanks = [PLACEHOLDER] * (self.num_tokens - len(words))
        self.words = ' '.join(blanks + words)
        known = min(len(words) or self.num_tokens, self.num_tokens)
        start = start_tokens(clip, context if words else None, known, clip.text.width, std)
        start = F.pad(start, (0, 0, self.num_tokens - known, 0))  # zeros before the words
        self.context = nn.Parameter(
            start if num_classes is None else start.repeat(num_classes, 1, 1)
        )
        if num_classes is not None and not words:
            nn.init.normal_(self.context, std=std)
        self.shift = None if shift is None else build_part(shift, clip=clip)
        self.text_tokens = None if text_tokens is None else build_part(text_tokens, clip=clip)
        parts: list[Any] = [part for part in (self.shift, self.text_tokens) if part is not None]
        self.requires = frozenset().union(*(part.requires for part in parts))
        self.provides = frozenset() if self.shift is None else self.shift.provides
        self._placement: Placement | None = None
        self._class_names: tuple[str, ...] = ()
        self.register_buffer('_own_words', None, persistent=False)

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """Placeholders or context words, then the template."""
        tail = self.by_template.get(vocabulary.templates[0], self.template)
        if self.position != 'end' and self.full_stop == 'own' and tail.endswith('.'):
            tail = f'{tail[:-1].rstrip()} .'  # a token of its own, whatever stands before it
        return replace(vocabulary, templates=(f'{self.words} {tail}',)).sentences

    def bind(self, clip: TextEncoder, vocabulary: Vocabulary) -> None:
        """Take up a vocabulary, and find the place of every token.

        Args:
            clip: The backbone.
            vocabulary: Class names; the templates are the prompter's own.

        Raises:
            ValueError: If a sentence is too long, or a context of each class's own meets other classes.
        """
        self._check_classes(vocabulary)
        self._class_names = vocabulary.names
        super().bind(clip, vocabulary)
        start = first_position(clip)
        names = [name.replace('_', ' ') for name in vocabulary.names]
        lengths = name_lengths(clip, names, start)
        self._placement = place(self.prompts, start, self.num_tokens, self.position, lengths)
        self._prompts = self._placement.prompts
        end = start + self._placement.slots.shape[1]
        self._own_words = (
            None if self.position == 'end' else clip.embed(self._prompts.ids[:, start:end])
        )

    def forward(self, context: PromptContext) -> PromptPlan:
        """Tokens at the embedding, and the edits of the parts.

        Args:
            context: What the parts look at.

        Returns:
            The plan.
        """
        tokens: Tensor = self.context
        latent = None
        # (1, 1, C|1, M, W)
        tokens = tokens[None, None] if tokens.ndim == 3 else tokens[None, None, None]
        if self.shift is not None:
            shift, latent = self.shift(context)  # (S|1, N|1, W)
            tokens = tokens + shift[:, :, None, None]
        assert self._placement is not None
        if self._own_words is not None:
            tokens = fill(self._placement, tokens, self._own_words)
        edits = (TokenEdit(EMBED, self._placement.start, 'overwrite', tokens),)
        if self.text_tokens is not None:
            edits += self.text_tokens.edits(context, self._placement.start)
        return PromptPlan(text=self.prompts, text_tower=TowerPlan(edits), latent=latent)

    def word_tokens(self) -> dict[str, Tensor]:
        """The context, or one for each class; with a shift that all images share also what its mean makes of it."""
        if self.context.ndim == 3:
            names = self._class_names or [f'class {label}' for label in range(len(self.context))]
            return dict(zip(names, self.context, strict=True))
        found: dict[str, Tensor] = {'context': self.context}
        mean = getattr(self.shift, 'mean', None)
        if isinstance(mean, Tensor):
            found['context + mean shift'] = self.context + mean
        return found

    def _check_classes(self, vocabulary: Vocabulary) -> None:
        if self.num_classes is None:
            return
        if len(vocabulary) != self.num_classes or not vocabulary.seen:
            what = 'that it was not trained on' if not vocabulary.seen else ''
            raise ValueError(
                f'a context for each of num_classes={self.num_classes} classes cannot answer about '
                f'{len(vocabulary)} classes {what}'.rstrip()
                + '; share the context (num_classes=None), or '
                'train and test on the same classes'
            )


def _length(num_tokens: int | None, words: int) -> int:
    if num_tokens is None:
        num_tokens = words
    if num_tokens < 1:
        raise ValueError(
            f'num_tokens={num_tokens}: give the number of learned tokens, or the words of a context'
        )
    return num_tokens


def _check(position: str, full_stop: str, templates: list[str]) -> None:
    late = [template for template in templates if not template.startswith('{}')]
    if position != 'end' and late:
        raise ValueError(
            f"position={position!r} needs the class name first in template={late[0]!r}; use position='end'"
        )
