"""The images in a folder and its subfolders, and everything else in it, with the reason why it is left out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from vamp_mm.datasets.image_files import is_image, require_regular
from vamp_mm.datasets.sources.scan import is_hidden
from vamp_mm.messages import some

from .stream import Unanswered

#: Such a file is read if it is given by its own name.
NO_IMAGE = 'not an image by its extension'
HIDDEN = 'hidden'
EMPTY = 'a folder without images'
_NAMED = 5  # of a kind


def images_below(folder: str, passed_over: list[Unanswered], closed: list[Unanswered]) -> list[str]:
    """List the images in a folder and its subfolders.

    Links to folders are followed, unless they lead back to a folder above. No file is opened. A broken link with the
    extension of an image is listed: reading it will fail.

    Args:
        folder: The folder.
        passed_over: Receives what is left out, with the reason: hidden files and folders, files without the extension of an
            image, FIFOs, sockets, devices, links back, and the folder itself if there is no image.
        closed: Receives folders that cannot be read, and why.

    Returns:
        Paths that begin with the folder, sorted by code point.
    """
    images: list[str] = []
    left_out: list[Unanswered] = []
    unread: list[Unanswered] = []
    waiting = [_Way(folder, os.path.realpath(folder))]
    while waiting:
        way = waiting.pop()
        try:
            waiting += _read(way, images, left_out)
        except OSError as error:
            unread.append(
                Unanswered(
                    way.path, f'the folder cannot be read: {(error.strerror or str(error)).lower()}'
                )
            )
    if not images and not unread:
        left_out.append(Unanswered(folder, EMPTY))
    passed_over += sorted(Unanswered(str(PurePath(path)), reason) for path, reason in left_out)
    closed += sorted(Unanswered(str(PurePath(path)), reason) for path, reason in unread)
    return sorted(
        (str(PurePath(path)) for path in images), key=lambda path: PurePath(path).as_posix()
    )


def summary(left_out: Sequence[Unanswered]) -> list[str]:
    """Count the files that are left out by reason (and extension), and name the first of each.

    Args:
        left_out: What :func:`images_below` left out.

    Returns:
        Such as ``not an image by its extension '.txt' (2): 'a.txt', 'b.txt'`` and ``hidden (1): '.DS_Store'``, the largest
        number first; control characters are escaped.
    """
    kinds: dict[str, list[str]] = {}
    for path, reason in left_out:
        ending = os.path.splitext(path)[1].lower()
        kind = f'{reason} {ending!r}' if reason == NO_IMAGE and ending else reason
        kinds.setdefault(kind, []).append(path)
    parts = []
    for kind, paths in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        parts.append(f'{kind} ({len(paths)}): {some([*map(repr, paths)], most=_NAMED)}')
    return parts


class _Way(NamedTuple):
    """A folder, its real path, and the real paths of the folders in which the links on the way to it are."""

    path: str
    real: str
    left: tuple[str, ...] = ()


def _read(way: _Way, images: list[str], left_out: list[Unanswered]) -> list[_Way]:
    """Sort the entries of one folder into images and the rest; return its subfolders."""
    folders = []
    with os.scandir(way.path) as entries:
        for entry in entries:
            if is_hidden(entry.name):
                left_out.append(Unanswered(entry.path, HIDDEN))
            elif entry.is_dir() and entry.is_symlink():
                target, left = os.path.realpath(entry.path), (*way.left, way.real)
                if any(_holds(target, folder) for folder in left):
                    left_out.append(
                        Unanswered(entry.path, f'a link back to {target!r}, which holds it')
                    )
                else:
                    folders.append(_Way(entry.path, target, left))
            elif entry.is_dir():
                folders.append(_Way(entry.path, os.path.join(way.real, entry.name), way.left))
            elif reason := _reason(entry):
                left_out.append(Unanswered(entry.path, reason))
            else:
                images.append(entry.path)
    return folders


def _holds(folder: str, inner: str) -> bool:
    return inner == folder or inner.startswith(folder.rstrip(os.sep) + os.sep)


def _reason(entry: os.DirEntry[str]) -> str:
    """Why a file is not an image; empty if its extension is that of one."""
    image = is_image(entry.name)
    try:
        require_regular(entry.path)
    except FileNotFoundError:
        return '' if image else 'a broken link'
    except OSError as error:
        return str(error.strerror or error)
    return '' if image else NO_IMAGE
