"""Decoded images in memory, shared by the loading processes."""

from __future__ import annotations

import math
import mmap
import multiprocessing
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from mmengine.logging import MMLogger
from PIL import Image

from .errors import DataError
from .transforms import read_rgb

_MIB = 2**20
_EMPTY, _LEFT_OUT = -1, -2
# columns of the table; the header row after the last image holds _USED, _HITS, _DECODED
_OFFSET, _HEIGHT, _WIDTH = range(3)
_USED, _HITS, _DECODED = range(3)


class CacheState(NamedTuple):
    """What an :class:`ImageCache` holds and did, over all processes that share it.

    Args:
        images: Images it was made for.
        kept: Images it holds.
        left_out: Images that did not fit.
        used_mb: MiB of the images it holds.
        hits: Reads answered from memory.
        decoded: Reads that decoded a file.
    """

    images: int
    kept: int
    left_out: int
    used_mb: float
    hits: int
    decoded: int


class ImageCache:
    """Keeps images after they were decoded once, up to a number of bytes.

    The pixels are those of :func:`~vamp_mm.datasets.read_rgb`, and a read gives a new image that a
    transform may change. Images stay until the cache goes; one that does not fit is decoded each
    time. Memory is taken as images come, not at once.

    Pixels, table and counters lie in one anonymous shared mapping: loading processes that are
    forked share it with their parent and with each other, now and in later epochs, so an image is
    decoded once for all of them. (Two that ask for an image at the same moment may both decode it;
    one copy is kept.) A process that is spawned gets an empty cache of its own and as many bytes.
    Copies of the cache are the cache itself.

    Args:
        paths: The N files that will be asked for.
        budget_mb: Upper bound of the pixels in MiB, 3 bytes each.

    Raises:
        ValueError: If the bound is not positive and finite, or the system does not give so much memory.
    """

    def __init__(self, paths: Sequence[str], budget_mb: float) -> None:
        check_budget(budget_mb)
        if not budget_mb > 0:
            raise ValueError(f'budget_mb={budget_mb} must be above 0')
        self.budget_mb = budget_mb
        self._slots = {path: slot for slot, path in enumerate(dict.fromkeys(paths))}
        # Anonymous and not /dev/shm: containers often give that 64 MiB, and writing past its end kills the process.
        try:
            pixels = mmap.mmap(-1, max(1, int(budget_mb * _MIB)))
        except (OSError, OverflowError, ValueError) as error:
            raise DataError(
                f'cache_mb={budget_mb:g}: the system does not give so many MiB ({error}); set fewer, or 0 to '
                'keep no image in memory'
            ) from error
        self._pixels = np.frombuffer(pixels, dtype=np.uint8)
        table = mmap.mmap(-1, 8 * 3 * (len(self._slots) + 1))
        self._table = np.frombuffer(table, dtype=np.int64).reshape(-1, 3)  # (N + 1, 3)
        self._table[:-1] = _EMPTY
        self._logged = (0, 0)
        self._lock = multiprocessing.get_context('fork' if _can_fork() else None).Lock()

    def read(self, path: str) -> Image.Image:
        """An image from memory, or else from its file.

        Args:
            path: The file.

        Returns:
            A new RGB image.

        Raises:
            OSError: As :func:`~vamp_mm.datasets.read_rgb`, each time it is asked for.
        """
        slot = self._slots.get(path)
        if slot is None:
            return read_rgb(path)
        with self._lock:
            offset, height, width = (int(value) for value in self._table[slot])
            self._table[-1, _DECODED if offset < 0 else _HITS] += 1
        if offset >= 0:
            pixels = self._pixels[offset : offset + 3 * height * width]
            return Image.frombytes('RGB', (width, height), pixels.data)
        image = read_rgb(path)
        if offset == _EMPTY:
            self._keep(slot, image)
        return image

    def state(self) -> CacheState:
        """What is in the cache now."""
        with self._lock:
            table = self._table.copy()
        offsets = table[:-1, _OFFSET]
        used, hits, decoded = (int(value) for value in table[-1])
        return CacheState(
            len(offsets),
            int((offsets >= 0).sum()),
            int((offsets == _LEFT_OUT).sum()),
            used / _MIB,
            hits,
            decoded,
        )

    def log_news(self) -> None:
        """Log what is kept, if that changed since it was logged last."""
        state = self.state()
        if (state.kept, state.left_out) == self._logged:
            return
        self._logged = state.kept, state.left_out
        message = (
            f'image cache: {state.kept} of {state.images} images kept ({state.used_mb:.1f} of '
            f'{self.budget_mb:g} MiB), {state.decoded} reads decoded, {state.hits} from memory'
        )
        if state.left_out:
            message += (
                f'; {state.left_out} did not fit and are decoded each time (raise cache_mb of the dataset to '
                'keep more)'
            )
        MMLogger.get_current_instance().info(message)

    def _keep(self, slot: int, image: Image.Image) -> None:
        size = 3 * image.height * image.width
        with self._lock:
            if self._table[slot, _OFFSET] != _EMPTY:
                return  # another process was faster
            start = int(self._table[-1, _USED])
            if start + size > len(self._pixels):
                self._table[slot, _OFFSET] = _LEFT_OUT
                return
            # Copied under the lock: nobody can see the image before it is complete.
            self._pixels[start : start + size] = np.frombuffer(image.tobytes(), dtype=np.uint8)
            self._table[-1, _USED] = start + size
            self._table[slot] = start, image.height, image.width

    def __copy__(self) -> ImageCache:
        return self

    def __deepcopy__(self, memo: dict) -> ImageCache:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self._slots), self.budget_mb)


def check_budget(cache_mb: float) -> None:
    """Refuse a number of MiB that is none.

    Args:
        cache_mb: The number.

    Raises:
        DataError: If it is not a number, negative, infinite or not a number.
    """
    if type(cache_mb) not in (int, float) or not 0 <= cache_mb < math.inf:
        raise DataError(f'cache_mb={cache_mb!r} must be a finite number of MiB, 0 (off) or more')


def _can_fork() -> bool:
    return 'fork' in multiprocessing.get_all_start_methods()
