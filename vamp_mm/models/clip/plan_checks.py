"""What a text tower refuses of a plan, before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass

from vamp_mm.structures import EMBED, TextPrompts, TokenEdit, TowerPlan


@dataclass(frozen=True)
class TextLimits:
    """Sizes that a text plan has to fit.

    Args:
        depth: Number of blocks.
        width: Tower width W.
        positions: Number of positions, the longest sentence.
        first_token: Whether sentences are read out from their first token instead of a last one.
    """

    depth: int
    width: int
    positions: int
    first_token: bool

    def check(self, plan: TowerPlan, prompts: TextPrompts, ends: tuple[int, int]) -> None:
        """Check a plan.

        Args:
            plan: Edits by layer.
            prompts: The sentences.
            ends: Smallest and largest position of a read-out token.

        Raises:
            ValueError: If an edit lies above the last block, behind the read-out token or beyond the context, its tokens
                have axes that do not fit, or insertions leave too few positions.
        """
        layers = [edit.layer for edit in plan.edits] + list(plan.residuals)
        if layers and max(layers) >= self.depth:
            raise ValueError(
                f'layer {max(layers)} of the text plan does not exist: this tower has blocks 0..'
                f'{self.depth - 1}'
            )
        grown, context = 0, max(self.positions, prompts.ids.shape[1])
        for edit in plan.edits:
            self._check_axes(edit, len(prompts))
            behind = edit.mode == 'insert' and not self.first_token and edit.start > ends[0] + grown
            if edit.start < (1 if self.first_token else 0) or behind:
                raise ValueError(
                    f'{edit.mode} at {edit.start} in the text tower lies behind the token that a sentence is '
                    'read out from; count positions from the start token'
                )
            if edit.mode == 'insert':
                grown += edit.length
            elif edit.start + edit.length > context + grown:
                raise ValueError(
                    f'{edit.mode} of {edit.length} tokens at {edit.start} reaches beyond the {context + grown} '
                    'tokens there'
                )
        length = ends[1] + 1 if not self.first_token else prompts.ids.shape[1]
        length += sum(edit.length for edit in plan.at(EMBED) if edit.mode == 'insert')
        if length > self.positions:
            raise ValueError(
                f'{length} tokens after the edits exceed the {self.positions} positions of the text tower; use '
                'fewer prompt tokens or shorter names'
            )

    def _check_axes(self, edit: TokenEdit, classes: int) -> None:
        shape = tuple(edit.tokens.shape)
        if len(shape) != 5 or shape[-1] != self.width:
            raise ValueError(
                f'tokens {shape} do not fit the text tower: (S|1, N|1, C|1, K, {self.width}) is needed'
            )
        if shape[2] not in (1, classes):
            raise ValueError(
                f'tokens {shape} are for {shape[2]} classes, there are {classes} sentences; the class axis '
                f'must be 1 or {classes}'
            )
