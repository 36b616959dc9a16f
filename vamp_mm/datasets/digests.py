"""Fingerprints of lists of images, to compare lists without publishing them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .splits import Item


def list_digest(items: Iterable[Item]) -> str:
    """SHA-256 of a list: one line ``path<TAB>label<TAB>class name<LF>`` per image, in list order.

    Args:
        items: The list; paths relative to the image folder.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path, label, name in items:
        digest.update(f'{path}\t{label}\t{name}\n'.encode())
    return digest.hexdigest()
