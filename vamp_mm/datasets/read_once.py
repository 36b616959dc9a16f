"""Lists and folders of a user's data are read once per run, however many parts of a run need them."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

_Value = TypeVar('_Value')
_memory: ContextVar[dict[Hashable, Any] | None] = ContextVar('read in this run', default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Within the block, what was read stays as it was read; the block ends with a run.

    Blocks inside a block share its memory. Without a block everything is read each time, so that code in a notebook
    sees files as they are.

    Yields:
        None: Nothing.
    """
    if _memory.get() is not None:
        yield
        return
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def once(
    what: str, path: str | os.PathLike, details: Hashable, read: Callable[[], _Value]
) -> _Value:
    """Read, or take what the same call read before in this block.

    Args:
        what: Kind of content.
        path: File or folder.
        details: All else that decides the content.
        read: Reads it; the value must not be changed by anybody.

    Returns:
        The content. An error is raised again each time.
    """
    memory = _memory.get()
    if memory is None:
        return read()
    key = (what, os.path.abspath(path), details)
    if key not in memory:
        memory[key] = read()
    return memory[key]
