"""Files whose name on disk differs from the listed one in case, Unicode form or suffix."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from vamp_mm.messages import some


def near_name(path: str) -> str | None:
    """The file that a missing path probably means.

    Args:
        path: A path that does not exist.

    Returns:
        The file on disk whose path differs in upper and lower case, in Unicode form (macOS unpacks
        names in NFD, Linux in NFC) or in ``.jpg`` against ``.jpeg`` only; None if there is none that exists.
    """
    parts = Path(path).parts
    found = Path(parts[0])
    for part in parts[1:]:
        child = found / part
        if not os.path.lexists(child):
            try:
                names = os.listdir(found)
            except OSError:  # no folder, or one that may not be looked into
                return None
            near = sorted(name for name in names if _plain(name) == _plain(part))
            if not near:
                return None
            child = found / near[0]
        found = child
    return str(found) if found.exists() else None


def spelt_otherwise(missing: Sequence[str]) -> str:
    """One sentence about missing files that are dead links, or are there under another spelling.

    Args:
        missing: Paths that do not exist.

    Returns:
        The sentence with a blank at its end; empty if there are none.
    """
    dead = [path for path in missing if os.path.islink(path)]
    if dead:
        links = some([f'{path!a} to {os.readlink(path)!a}' for path in dead], '; ', 3)
        return (
            f'{len(dead)} of these are links that point nowhere: {links}. Put the files there, or copy '
            'them in place of the links. '
        )
    near = [(path, near_name(os.path.abspath(path))) for path in missing]
    pairs = [f'{path!a} is on disk as {name!a}' for path, name in near if name is not None]
    if not pairs:
        return ''
    return (
        f'Names differ in case or Unicode form: {some(pairs, "; ", 3)}. Rename the files to what '
        'the list says. '
    )


def _plain(name: str) -> str:
    name = unicodedata.normalize('NFC', name).casefold()
    return name.removesuffix('.jpeg') + '.jpg' if name.endswith('.jpeg') else name
