"""One place knows what an image file is, and how large it may be."""

from __future__ import annotations

import os
import socket
import struct
import zlib
from pathlib import Path

import own
import pytest
from PIL import Image

from vamp_mm.datasets import read_rgb
from vamp_mm.datasets.errors import ImageError
from vamp_mm.datasets.image_files import (
    IMAGE_SUFFIXES,
    MAX_PIXELS,
    MAX_RATIO,
    check_size,
    is_image,
    require_regular,
)
from vamp_mm.datasets.sources import ImageFolder
from vamp_mm.datasets.verify import check_files, look_at

#: Pillow names these, and does not decode them without another program, or they are films or documents.
NO_IMAGES = {
    '.bufr', '.emf', '.eps', '.flc', '.fli', '.grib', '.h5', '.hdf', '.iim', '.mpeg', '.mpg', '.palm', '.pdf', '.ps',
    '.wmf'}  # fmt: skip


def test_every_still_image_that_pillow_reads_is_one() -> None:
    Image.init()
    assert set(Image.registered_extensions()) - IMAGE_SUFFIXES <= NO_IMAGES
    assert not IMAGE_SUFFIXES & NO_IMAGES


@pytest.mark.parametrize(
    'name', ['a.jfif', 'a.AVIF', 'b/a.jp2', Path('c.TiF'), 'x.y.webp', 'a.JPE', 'ü.PNG']
)
def test_endings_in_any_case_are_images(name: str) -> None:
    assert is_image(name)


@pytest.mark.parametrize(
    'name', ['a', 'jpg', '.jpg', 'a.jpg.part', 'a.pdf', 'a.heic', 'a.jpg~', 'a.txt', '']
)
def test_other_endings_are_none(name: str) -> None:
    assert not is_image(name)


def test_sources_and_verify_agree(tmp_path: Path) -> None:
    endings = ('.jfif', '.jp2', '.TIF', '.webp', '.bmp', '.Jpg', '.ppm')
    if '.avif' in Image.registered_extensions():  # Pillow 11.3 and later
        endings += ('.avif',)
    for name in 'ab':
        for index, ending in enumerate(endings):
            own.draw(tmp_path / name / f'{index}{ending}', index)
    split = ImageFolder(test='.').read(str(tmp_path))
    assert [item.path for item in split.test] == sorted(
        f'{name}/{i}{end}' for name in 'ab' for i, end in enumerate(endings)
    )
    files = {str(tmp_path / item.path): 'test' for item in split.test}
    findings, present = check_files(files, str(tmp_path), '')
    assert (findings, sorted(present)) == ([], sorted(files))
    assert [read_rgb(path).size for path in present] == [(16, 12)] * len(files)
    assert [look_at(path).fault for path in present] == [None] * len(files)


def _huge(path: Path, width: int, height: int) -> str:
    """A PNG that says that it has so many pixels, in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
        )

    header = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    path.write_bytes(
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', header)
        + chunk(b'IDAT', zlib.compress(b'\0' * 99))
        + chunk(b'IEND', b'')
    )
    return str(path)


@pytest.mark.parametrize(('width', 'height', 'says'), [
    (1_000_000, 1, r'1,000,000 x 1 pixels: one side is 1,000,000 times the other, at most 100 times are read'),
    (1, 101, r'1 x 101 pixels: one side is 101 times the other'),
    (30_000, 30_000, r'900000000 pixels\) exceeds limit of 178956970'),
    (15_000, 13_000, r'15,000 x 13,000 = 195,000,000 pixels, at most 178,956,970 are read'),
])  # fmt: skip
@pytest.mark.filterwarnings('ignore::PIL.Image.DecompressionBombWarning')
def test_sizes_are_refused_before_anything_is_decoded(
    tmp_path: Path, width: int, height: int, says: str
) -> None:
    if width == 15_000:
        with pytest.raises(ValueError, match=says):
            check_size(width, height)
        return
    path = _huge(tmp_path / 'x.png', width, height)
    with pytest.raises(ImageError, match=says) as error:
        read_rgb(path)
    assert path in str(error.value)
    assert look_at(path).fault is not None


def test_the_largest_sizes_are_taken(tmp_path: Path) -> None:
    check_size(MAX_RATIO, 1)
    check_size(13_377, 13_377)
    assert 13_377**2 <= MAX_PIXELS < 13_378**2
    assert read_rgb(str(own.draw(tmp_path / 'a.png'))).size == (16, 12)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    fifo, sock = tmp_path / 'fifo.jpg', tmp_path / 's.jpg'
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(sock))
        for path, what in (
            (fifo, 'a FIFO'),
            (sock, 'a socket'),
            (tmp_path, 'a folder'),
            (Path('/dev/zero'), 'a device'),
        ):
            with pytest.raises(OSError, match=f'{what} and no file'):
                require_regular(path)
            with pytest.raises(ImageError, match=f'{what} and no file'):
                read_rgb(str(path))
            assert look_at(str(path)).fault == f'{what} and no file'
