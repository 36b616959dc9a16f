"""Locks that are not shared with copies, pickles and forked processes."""

from __future__ import annotations

import functools
import os
import weakref
from threading import RLock
from types import TracebackType


class OwnLock:
    """A reentrant lock that is free in a copy, in a pickle and in a forked process.

    A thread that holds a lock when another one forks does not exist in the child, where a plain lock would stay taken.

    Args:
        epoch: Which lock this is in the line of its processes, raised by 1 in each child.
    """

    def __init__(self, epoch: int = 0) -> None:
        self._lock = RLock()
        self.epoch = epoch
        if hasattr(os, 'register_at_fork'):
            os.register_at_fork(after_in_child=functools.partial(_free, weakref.ref(self)))

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()

    def __reduce__(self) -> tuple[type[OwnLock], tuple[int]]:
        return OwnLock, (self.epoch + 1,)


def _free(lock: weakref.ref[OwnLock]) -> None:
    found = lock()
    if found is not None:
        found._lock = RLock()
        found.epoch += 1


#: Held while parts are built: MMEngine keeps the current scope of its registries in one global place.
BUILDING = OwnLock()
