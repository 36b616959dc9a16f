"""A collection of learned contexts (ProDA, Lu et al., CVPR 2022, sections 3.2-3.3)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from vamp_mm.arguments import NonNegative, Tokens
from vamp_mm.ops import HostInt, counter_seed
from vamp_mm.registry import MODELS
from vamp_mm.structures import (
    EMBED,
    FrozenCLIP,
    PromptContext,
    PromptPlan,
    TextPrompts,
    TokenEdit,
    TowerPlan,
    Vocabulary,
)

from .base import BasePrompter, TextEncoder
from .noise import run_seed
from .placing import PLACEHOLDER, Placement, Position, fill, first_position, name_lengths, place


@MODELS.register_module()
class PromptCollection(BasePrompter):
    """K contexts of M tokens; the first quarter stands behind the class name, the second around it, the rest before it.

    In training every step encodes P of them, drawn without replacement until all had their turn; prediction encodes all.
    Each is a sample: text features are ``(P|K, 1, C, D)``. The plan also carries all K without a class name.

    Args:
        clip: The backbone (given by the classifier), for its widths.
        num_prompts: Number K of contexts, a multiple of 4 and of ``prompts_per_step``.
        num_tokens: Tokens M of each.
        prompts_per_step: Contexts P of one training step.
        std: Standard deviation of the tokens at the start.

    Raises:
        ValueError: If the numbers do not fit each other.
    """

    provides = frozenset({'context_text'})
    noise_seed: Tensor
    noise_step: Tensor

    def __init__(
        self,
        clip: FrozenCLIP,
        num_prompts: Tokens = 32,
        num_tokens: Tokens = 16,
        prompts_per_step: Tokens = 4,
        std: NonNegative = 0.02,
    ) -> None:
        super().__init__()
        if (
            num_prompts < 4
            or num_prompts % 4
            or prompts_per_step < 2
            or num_prompts % prompts_per_step
        ):
            raise ValueError(
                f'num_prompts={num_prompts}, prompts_per_step={prompts_per_step}: give a multiple of 4, and a '
                'divisor of it that is at least 2 (one prompt has no covariance)'
            )
        self.num_prompts, self.num_tokens, self.prompts_per_step = (
            num_prompts,
            num_tokens,
            prompts_per_step,
        )
        self.contexts = nn.Parameter(torch.randn(num_prompts, num_tokens, clip.text.width) * std)
        quarter = num_prompts // 4
        places: list[tuple[Position, int]] = [
            ('front', quarter),
            ('middle', quarter),
            ('end', 2 * quarter),
        ]
        self._positions = [position for position, count in places for _ in range(count)]
        self._placements: dict[Position, Placement] = {}
        self._context_text: TextPrompts | None = None
        for position in ('end', 'middle', 'front'):
            self.register_buffer(f'_words_{position}', None, persistent=False)
        # what addresses the order of the contexts, as the noise of sampled prompts; saved for resuming
        self.register_buffer('noise_seed', run_seed())
        self.register_buffer('noise_step', torch.zeros((), dtype=torch.long))
        self._host_seed, self._host_step = HostInt(), HostInt()

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """Placeholders, the class name, a full stop."""
        template = ' '.join([PLACEHOLDER] * self.num_tokens) + ' {}.'
        return replace(vocabulary, templates=(template,)).sentences

    def bind(self, clip: TextEncoder, vocabulary: Vocabulary) -> None:
        """Take up a vocabulary, and find the places of the tokens for each position of the class name."""
        super().bind(clip, vocabulary)
        start = first_position(clip)
        lengths = name_lengths(clip, [name.replace('_', ' ') for name in vocabulary.names], start)
        reach = self.num_tokens + int(lengths.max())
        positions: tuple[Position, ...] = ('end', 'middle', 'front')
        for position in positions:
            placement = place(self.prompts, start, self.num_tokens, position, lengths, reach)
            self._placements[position] = placement
            end = start + placement.slots.shape[1]
            setattr(self, f'_words_{position}', clip.embed(placement.prompts.ids[:, start:end]))
        # the sentence ends where it does in all three orders; nothing before the tokens is shared but the start
        self._prompts = self._placements['front'].prompts
        self._context_text = clip.tokenize([' '.join([PLACEHOLDER] * self.num_tokens) + '.'])

    def forward(self, context: PromptContext) -> PromptPlan:
        """P contexts in training, all in prediction.

        Args:
            context: Not looked at.

        Returns:
            The plan, with the contexts without class name for loss terms that ask for them.
        """
        prompts = self.prompts
        chosen = self._choose() if self.training else list(range(self.num_prompts))
        start = self._placements['end'].start
        # (P, 1, C, R, W)
        tokens = torch.cat([self._filled(self._positions[k], self.contexts[k]) for k in chosen])
        return PromptPlan(
            text=prompts,
            text_tower=TowerPlan((TokenEdit(EMBED, start, 'overwrite', tokens),)),
            extra={'context_text': self._contexts_only(start)},
        )

    def word_tokens(self) -> dict[str, Tensor]:
        """All contexts."""
        words = {'end': 'before the name', 'middle': 'around the name', 'front': 'behind the name'}
        return {
            f'context {k}, {words[position]}': self.contexts[k]
            for k, position in enumerate(self._positions)
        }

    def _filled(self, position: Position, context: Tensor) -> Tensor:
        return fill(
            self._placements[position],
            context[None, None, None],
            getattr(self, f'_words_{position}'),
        )

    def _contexts_only(self, start: int) -> PromptPlan:
        edit = TokenEdit(EMBED, start, 'overwrite', self.contexts[:, None, None])  # (K, 1, 1, M, W)
        return PromptPlan(text=self._context_text, text_tower=TowerPlan((edit,)))

    def _choose(self) -> list[int]:
        """The contexts of this step: the next ones of a permutation, which is drawn anew when it is used up."""
        turns = self.num_prompts // self.prompts_per_step
        turn, place_in_turn = divmod(self._host_step.count(self.noise_step) - 1, turns)
        generator = torch.Generator().manual_seed(
            counter_seed(self._host_seed.read(self.noise_seed), turn)
        )
        order = torch.randperm(self.num_prompts, generator=generator).tolist()
        return order[
            place_in_turn * self.prompts_per_step : (place_in_turn + 1) * self.prompts_per_step
        ]
