"""What an image file is: its ending, its kind on disk, and how large it may be."""

from __future__ import annotations

import os
import stat

from PIL import Image

#: Endings of the still images that Pillow decodes by itself, in lower case. Files with other endings are not images:
#: they are counted and named wherever a folder is listed. Left out are formats that need another program or library
#: (``.eps``, ``.wmf``, ``.hdf``, ``.heic``), films and documents.
IMAGE_SUFFIXES = frozenset({
    '.apng', '.avif', '.avifs', '.blp', '.bmp', '.bw', '.cur', '.dcx', '.dds', '.dib', '.fit', '.fits', '.ftc', '.ftu',
    '.gbr', '.gif', '.icb', '.icns', '.ico', '.im', '.j2c', '.j2k', '.jfif', '.jp2', '.jpc', '.jpe', '.jpeg', '.jpf',
    '.jpg', '.jpx', '.mpo', '.msp', '.pbm', '.pcd', '.pcx', '.pfm', '.pgm', '.png', '.pnm', '.ppm', '.psd', '.pxr',
    # fmt: skip
    '.qoi', '.ras', '.rgb', '.rgba', '.sgi', '.tga', '.tif', '.tiff', '.vda', '.vst', '.webp', '.xbm', '.xpm'})  # fmt: skip
#: Pixels of an image, as many as Pillow reads before it takes a file for a decompression bomb.
MAX_PIXELS = 178_956_970
#: The longer side of an image over the shorter one. Resizing the shorter side to s pixels makes an image of
#: ``s * s * ratio`` pixels, so a file of 1 kB with 1,000,000 x 1 pixels would become 50 gigapixels.
MAX_RATIO = 100


def is_image(path: str | os.PathLike) -> bool:
    """Whether a file name has the ending of an image (:data:`IMAGE_SUFFIXES`), in any case."""
    return os.path.splitext(os.fspath(path))[1].lower() in IMAGE_SUFFIXES


def require_regular(path: str | os.PathLike) -> None:
    """Refuse what is no regular file, without opening it: a FIFO would be waited for without end.

    Args:
        path: The file; links are followed.

    Raises:
        OSError: If there is nothing, or it is a folder, FIFO, socket or device.
    """
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):
        kinds = {stat.S_IFDIR: 'a folder', stat.S_IFIFO: 'a FIFO', stat.S_IFSOCK: 'a socket'}
        raise OSError(f'{kinds.get(stat.S_IFMT(mode), "a device")} and no file')


def open_image(path: str | os.PathLike) -> Image.Image:
    """Open an image file and look at its size, without decoding it.

    Args:
        path: The file.

    Returns:
        The opened image; close it, or use it in a ``with`` statement.

    Raises:
        OSError: If it is not a regular file, or not an image.
        ValueError: As :func:`check_size`. Pillow raises further errors on damaged files.
    """
    require_regular(path)
    image = Image.open(os.fspath(path))
    try:
        check_size(image.width, image.height)
    except ValueError:
        image.close()
        raise
    return image


def check_size(width: int, height: int) -> None:
    """Refuse images that would need gigabytes once they are decoded or resized, before they are.

    Args:
        width: Pixels of a row.
        height: Rows.

    Raises:
        ValueError: If there is no pixel, more than :data:`MAX_PIXELS`, or one side is more than :data:`MAX_RATIO`
            times the other.
    """
    if min(width, height) < 1:
        raise ValueError(f'it has {width} x {height} pixels: nothing to see')
    if width * height > MAX_PIXELS:
        raise ValueError(
            f'it has {width:,} x {height:,} = {width * height:,} pixels, at most {MAX_PIXELS:,} are read; '
            'make it smaller or cut it into tiles'
        )
    ratio = max(width, height) / min(width, height)
    if ratio > MAX_RATIO:
        raise ValueError(
            f'it has {width:,} x {height:,} pixels: one side is {ratio:,.0f} times the other, at most '
            f'{MAX_RATIO} times are read, because the shorter side is resized to that of the model; '
            'cut it into pieces'
        )
