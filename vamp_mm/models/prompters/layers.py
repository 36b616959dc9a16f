"""Tokens for a run of consecutive blocks."""

from __future__ import annotations

from copy import deepcopy
from typing import Literal

from torch import Tensor, nn

from vamp_mm.structures import EMBED, TokenEdit, require_blocks


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


def check_layers(
    tower: str, start: int, depth: int, available: int, argument: str | None = None
) -> None:
    """Check that blocks ``start .. start + depth - 1`` exist.

    Args:
        tower: Name of the tower, for the message.
        start: 0-based index of the first block.
        depth: Number of blocks.
        available: Number of blocks that the tower has.
        argument: The one argument that names them: their number from the first on (``..._depth``), or a block; None for
            ``start`` and ``depth``.

    Raises:
        ValueError: If they do not, with the arguments that say so and the blocks that do.
    """
    require_blocks(tower, available)
    if start >= 0 and depth >= 1 and start + depth <= available:
        return
    if argument is None:
        given, way = f'start={start}, depth={depth}', f'start + depth <= {available}'
    elif argument.endswith('depth'):
        given, way = f'{argument}={depth}', f'{argument} <= {available}'
    else:
        given, way = f'{argument}={start}', f'{argument} <= {available - 1}'
    raise ValueError(
        f'{tower} blocks {given} do not exist: this tower has {available} blocks, 0..{available - 1}; choose {way} (the '
        'option --arch chooses the blocks for another CLIP)'
    )


def copies(module: nn.Module, count: int) -> list[nn.Module]:
    """Modules that start equal and are trained apart, as MaPLe and MMRL start their projections."""
    return [deepcopy(module) for _ in range(count)]
