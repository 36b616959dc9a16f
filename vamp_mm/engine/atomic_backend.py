"""MMEngine's file backend with atomic writes."""

from __future__ import annotations

from pathlib import Path

from mmengine.fileio import LocalBackend

from vamp_mm.files import atomic_write

#: Name under which :class:`AtomicLocalBackend` is registered in MMEngine.
ATOMIC_BACKEND = 'vamp_mm_atomic'


class AtomicLocalBackend(LocalBackend):
    """MMEngine's backend of the local disk with atomic writes."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes with :func:`~vamp_mm.files.atomic_write`."""
        atomic_write(obj, filepath)

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        """Write text with :func:`~vamp_mm.files.atomic_write`."""
        atomic_write(obj.encode(encoding), filepath)
