"""Features of single classes that are known beforehand, found again by the names of the classes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .vocabulary import as_read


@dataclass(frozen=True, eq=False)
class ClassRows:
    """Text features that need no sentence, such as the rows of a classifier.

    Args:
        features: ``(K, D)`` unit features.
        order: ``(C,)`` for each class its row among ``features`` followed by the features of the encoded classes.
    """

    features: Tensor
    order: Tensor


def class_keys(names: Sequence[str]) -> Tensor:
    """Numbers that class names are found by, in a checkpoint too.

    Args:
        names: C class names.

    Returns:
        ``(C,)`` 64-bit hashes of the names as the text tower reads them.
    """
    digests = [hashlib.sha256(as_read(name).encode()).digest()[:8] for name in names]
    return torch.tensor([int.from_bytes(digest, 'little', signed=True) for digest in digests])


def find_rows(keys: Tensor, stored: Tensor) -> tuple[Tensor, Tensor]:
    """Where the features of classes come from.

    Args:
        keys: ``(C,)`` keys of the present classes.
        stored: ``(K,)`` keys of the rows.

    Returns:
        ``order (C,)`` of :class:`ClassRows`: a class with a row has the row's index, the others follow the K rows in the
        order of the classes; and the indices of those others, ``(C - known,)``.
    """
    same = keys[:, None] == stored  # (C, K)
    known = same.any(dim=1)
    # argmax of no row at all is an error; there every class is encoded
    rows = same.int().argmax(dim=1) if len(stored) else torch.zeros_like(keys)
    order = torch.where(known, rows, len(stored) + known.logical_not().cumsum(0) - 1)
    return order, known.logical_not().nonzero().flatten()
