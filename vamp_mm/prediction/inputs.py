"""The inputs of a prediction: files, folders, arrays, PIL images, and any sequence or generator of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from vamp_mm.config.errors import ConfigError
from vamp_mm.datasets import DataError

from .folders import images_below
from .stream import Unanswered

ChannelOrder = Literal['rgb', 'bgr']
CHANNEL_ORDERS = ('rgb', 'bgr')


@dataclass(frozen=True, eq=False)
class Given:
    """One image before it is read.

    Args:
        index: Its position among the inputs, from 0.
        path: Its file, None for pixels.
        pixels: The image, None for a file.
    """

    index: int
    path: str | None = None
    pixels: Image.Image | None = None

    def __str__(self) -> str:
        return (
            f'image {self.path!r}'
            if self.path is not None
            else f'image {self.index} (counted from 0)'
        )


def check_channel_order(channel_order: str) -> None:
    """Refuse an unknown order of channels.

    Args:
        channel_order: Of arrays.

    Raises:
        ConfigError: If it is unknown.
    """
    if channel_order not in CHANNEL_ORDERS:
        raise ConfigError(
            [f'channel_order={channel_order!r} is unknown; allowed: {CHANNEL_ORDERS}'], 'the call'
        )


def iterate_images(
    inputs: Any,
    channel_order: ChannelOrder,
    passed_over: list[Unanswered],
    closed: list[Unanswered] | None,
) -> Iterator[Given]:
    """All images of an input, one after the other, none of them read yet.

    Args:
        inputs: A file, a folder, an array ``(H, W, 3)``, a PIL image, or an iterable of such.
        channel_order: Order of the channels of arrays.
        passed_over: Receives the files in folders that are not images.
        closed: Receives folders that cannot be read; if it is None, such a folder is an error.

    Yields:
        Given: The next image; those of a folder and its subfolders are sorted by path.

    Raises:
        DataError: If something is none of these, or a folder cannot be read.
    """
    single = isinstance(
        inputs, (str, bytes, os.PathLike, np.ndarray, Image.Image, Mapping)
    ) or not isinstance(inputs, Iterable)
    index = 0
    for item in [inputs] if single or _is_tensor(inputs) else inputs:
        for path in (
            _files(item, passed_over, closed) if isinstance(item, (str, os.PathLike)) else (None,)
        ):
            pixels = _pixels(item, index, channel_order) if path is None else None
            yield Given(index, path, pixels)
            index += 1


def _files(
    item: str | os.PathLike[str], passed_over: list[Unanswered], closed: list[Unanswered] | None
) -> Iterator[str]:
    path = os.path.expanduser(os.fsdecode(item))
    if not os.path.isdir(path):
        yield path
        return
    unread: list[Unanswered] = []
    images = images_below(path, passed_over, unread)
    if unread and closed is None:
        raise DataError(
            f'{unread[0].path!r}: {unread[0].reason}; change its permissions, or leave it out with '
            "unreadable='skip' (--unreadable skip)"
        )
    if closed is not None:
        closed += unread
    yield from images


def _pixels(item: Any, index: int, channel_order: ChannelOrder) -> Image.Image:
    if isinstance(item, Image.Image):
        return item
    if isinstance(item, np.ndarray):
        return _from_array(item, index, channel_order)
    kind = f'{type(item).__module__}.{type(item).__qualname__}'.removeprefix('builtins.')
    more = '; turn it into a uint8 array (H, W, 3)' if _is_tensor(item) else ''
    raise DataError(
        f'image {index} (counted from 0) is a {kind}; allowed: path, folder, PIL image, uint8 NumPy array '
        f'(H, W, 3){more}'
    )


def _from_array(array: np.ndarray, index: int, channel_order: ChannelOrder) -> Image.Image:
    good = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3))
    if not good or not array.size or array.dtype != np.uint8:
        more = '; iterate over a batch: list(array)' if array.ndim == 4 else ''
        raise DataError(
            f'image {index} (counted from 0) is an array of shape {array.shape} and dtype {array.dtype}; '
            f'allowed: uint8 with values 0..255, (H, W, 3) in the order of channel_order, or grey (H, W){more}'
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    elif array.ndim == 3 and channel_order == 'bgr':
        array = array[..., ::-1]
    return Image.fromarray(np.ascontiguousarray(array))


def _is_tensor(item: Any) -> bool:
    return hasattr(item, 'detach') and hasattr(item, 'dtype')
