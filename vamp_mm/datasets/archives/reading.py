"""Going through zip and tar archives without trusting them."""

from __future__ import annotations

import functools
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple

from ..errors import DataError

SUFFIXES = ('.zip', '.tar', '.tar.gz', '.tgz', '.tar.bz2', '.tar.xz')


class Member(NamedTuple):
    """One file of an archive.

    Args:
        parts: Its path.
        open: Opens it; only until the next member is asked for.
        link: Whether it is a link or a device instead of a file.
    """

    parts: tuple[str, ...]
    open: Callable[[], IO[bytes] | None]
    link: bool


def members(file: IO[bytes], name: str) -> Iterator[Member]:
    """Files of a zip or tar archive in the order in which they lie there.

    Args:
        file: The archive, opened.
        name: Its name, for messages.

    Yields:
        Member: Its files; folders, and what macOS adds (``__MACOSX``, ``._*``), are left out.

    Raises:
        DataError: If it holds a path that leads out of it.
    """
    yield from _zip(file, name) if name.endswith('.zip') else _tar(file, name)


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Say in plain words what the libraries raise on a damaged archive, whenever they notice it.

    Args:
        name: Its name.

    Raises:
        DataError: In place of their errors.
    """
    try:
        yield
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        OSError,
    ) as error:
        # of the disk, not of the archive
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DataError(f'{name} is damaged or incomplete ({error}): download it again') from error


def _zip(file: IO[bytes], name: str) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
            if not info.is_dir() and (parts := _parts(info.filename, name)):
                link = stat.S_ISLNK(info.external_attr >> 16)
                yield Member(parts, functools.partial(archive.open, info), link)


def _tar(file: IO[bytes], name: str) -> Iterator[Member]:
    # one pass, also over an archive inside an archive
    with tarfile.open(fileobj=file, mode='r|*') as archive:
        for info in archive:
            if not info.isdir() and (parts := _parts(info.name, name)):
                yield Member(parts, functools.partial(archive.extractfile, info), not info.isfile())


def _parts(path: str, name: str) -> tuple[str, ...]:
    """The components of a path, none for what is left out."""
    pure = PurePosixPath(path.replace('\\', '/'))
    if pure.is_absolute() or PureWindowsPath(path).drive or '..' in pure.parts or '\0' in path:
        raise DataError(
            f'{name} holds the path {path!r}, which leads out of the folder: nothing was unpacked; get the '
            'archive from its official place'
        )
    return () if '__MACOSX' in pure.parts or pure.name.startswith('._') else pure.parts
