"""Tokens for a run of consecutive blocks."""

from __future__ import annotations

from copy import deepcopy
from typing import Literal

from torch import Tensor, nn

from vamp_mm.structures import EMBED, TokenEdit


def deep_edits(
    tokens: Tensor,
    first: int,
    start: int,
    mode: Literal['insert', 'overwrite'] = 'insert',
    at_embedding: bool = False,
    name: str | None = None,
    blend: float = 1.0,
) -> tuple[TokenEdit, ...]:
    """Edits that bring K tokens in at the first block and renew them at each later one.

    Args:
        tokens: ``(H, ..., K, W)``, one set per block.
        first: 0-based index of the first block.
        start: Position of the tokens in the sequence.
        mode: What happens at the first block; later blocks overwrite.
        at_embedding: Enter before block 0 with the input embeddings instead of at the first block (only ``first=0``).
        name: Name for the read-out.
        blend: Share of the new tokens at later blocks; 1 replaces what the block before made of them.

    Returns:
        H edits.
    """
    later: Literal['overwrite', 'blend'] = 'overwrite' if blend == 1 else 'blend'
    edits = [TokenEdit(EMBED if at_embedding else first, start, mode, tokens[0], name=name)]
    edits += [
        TokenEdit(first + i, start, later, tokens[i], blend, name) for i in range(1, len(tokens))
    ]
    return tuple(edits)


def check_layers(tower: str, start: int, depth: int, available: int) -> None:
    """Check that blocks ``start .. start + depth - 1`` exist.

    Args:
        tower: Name of the tower, for the message.
        start: 0-based index of the first block.
        depth: Number of blocks.
        available: Number of blocks that the tower has.

    Raises:
        ValueError: If they do not, naming the blocks that do.
    """
    if not available:
        raise ValueError(
            f'the {tower} tower is a ResNet, without blocks or tokens to prompt; use a method of the text side '
            "(ContextPrompter), or a vision transformer: arch='ViT-B-16'"
        )
    if start < 0 or depth < 1 or start + depth > available:
        raise ValueError(
            f'{tower} blocks start={start}, depth={depth} do not exist: this tower has {available} blocks, '
            f'0..{available - 1}; choose start + depth <= {available}'
        )


def copies(module: nn.Module, count: int) -> list[nn.Module]:
    """Modules that start equal and are trained apart, as MaPLe and MMRL start their projections."""
    return [deepcopy(module) for _ in range(count)]
