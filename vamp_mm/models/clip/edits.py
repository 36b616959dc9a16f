"""Execute token edits on a sequence, and remember where named tokens ended up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vamp_mm.structures import TokenEdit


class Spans:
    """Where inserted tokens stand; later insertions before them move them."""

    def __init__(self) -> None:
        self._spans: list[tuple[str | None, int, int]] = []

    def insert(self, name: str | None, start: int, length: int) -> None:
        """Note an insertion and shift what stands behind it."""
        self._spans = [(n, s + length if s >= start else s, k) for n, s, k in self._spans]
        self._spans.append((name, start, length))

    def mark(self, name: str | None, start: int, length: int) -> None:
        """Name tokens that were overwritten in place."""
        self._spans = [item for item in self._spans if item[0] is None or item[0] != name]
        self._spans.append((name, start, length))

    def named(self) -> Mapping[str, slice]:
        """Name -> slice of the sequence."""
        return {
            name: slice(start, start + length)
            for name, start, length in self._spans
            if name is not None
        }

    def all(self) -> Sequence[slice]:
        """Slices of all tokens that came from edits."""
        return [slice(start, start + length) for _, start, length in self._spans]


def edit_tokens(x: Tensor, edits: Sequence[TokenEdit], spans: Spans | None = None) -> Tensor:
    """Apply the edits of one layer in order.

    Args:
        x: ``(*lead, L, W)``, lead = (S|1, N) for vision and (S|1, N|1, C|1) for text.
        edits: Their tokens have the same number of axes and broadcast against lead.
        spans: Updated in place, if given.

    Returns:
        The edited sequence, its leading axes broadcast.

    Raises:
        ValueError: If an edit reaches beyond the sequence or has another width.
    """
    for edit in edits:
        tokens, start = edit.tokens, _start(edit, x.shape[-2])
        if tokens.ndim != x.ndim or tokens.shape[-1] != x.shape[-1]:
            raise ValueError(
                f'tokens {tuple(tokens.shape)} do not fit the sequence {tuple(x.shape)}: same number of axes '
                f'and width {x.shape[-1]} are needed'
            )
        lead = torch.broadcast_shapes(x.shape[:-2], tokens.shape[:-2])
        x = x.expand(*lead, *x.shape[-2:])
        tokens = tokens.expand(*lead, *tokens.shape[-2:])
        end = start if edit.mode == 'insert' else start + edit.length
        if edit.mode == 'blend':
            tokens = edit.weight * tokens + (1 - edit.weight) * x[..., start:end, :]
        # an edit may widen a half-precision sequence: prompts are float32, as are the residuals then (torch.cat promotes)
        x = torch.cat([x[..., :start, :], tokens, x[..., end:, :]], dim=-2)
        if spans is not None:
            (spans.insert if edit.mode == 'insert' else spans.mark)(edit.name, start, edit.length)
    return x


def _start(edit: TokenEdit, length: int) -> int:
    needed = 0 if edit.mode == 'insert' else edit.length
    start = length - needed if edit.start == -1 else edit.start
    if start < 0 or start + needed > length:
        raise ValueError(
            f'{edit.mode} of {edit.length} tokens at {edit.start} reaches beyond the {length} tokens there'
        )
    return start
