"""Attention of many short sequences behind one prefix that they share."""

from __future__ import annotations

import torch
from torch import Tensor


def prefix_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    shared_key: Tensor,
    shared_value: Tensor,
    visible: Tensor | None = None,
) -> Tensor:
    """Attention of every sequence's queries to the shared prefix and to the sequence's own tokens.

    The prefix is not repeated: the queries of all C sequences meet it in one matrix product, and so do their gradients.
    Equal to softmax attention over ``[prefix, own tokens]``. Leading axes broadcast.

    Args:
        query: ``(..., heads, C, M, d)``.
        key: ``(..., heads, C, L, d)``.
        value: ``(..., heads, C, L, d)``.
        shared_key: ``(..., heads, P, d)``, P may be 0; all queries see all of it.
        shared_value: ``(..., heads, P, d)``.
        visible: ``(C|1, M, L)`` which own tokens a query sees, None for all.

    Returns:
        ``(..., heads, C, M, d)``.
    """
    sequences, prefix = query.shape[-3:-1], shared_key.shape[-2]
    # (..., C, M, P)
    to_prefix = (query.flatten(-3, -2) @ shared_key.transpose(-1, -2)).unflatten(-2, sequences)
    to_own = query @ key.transpose(-1, -2)  # (..., C, M, L)
    if visible is not None:
        to_own = to_own.masked_fill(~visible, float('-inf'))
    to_own = to_own.expand(*to_prefix.shape[:-1], to_own.shape[-1])
    weights = (torch.cat([to_prefix, to_own], dim=-1) * query.shape[-1] ** -0.5).softmax(dim=-1)
    from_prefix = weights[..., :prefix].flatten(-3, -2) @ shared_value
    return from_prefix.unflatten(-2, sequences) + weights[..., prefix:] @ value
