"""The images below a folder, and all else that lies there, each with the reason why it is left out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from vamp_mm.datasets.image_files import is_image, require_regular
from vamp_mm.datasets.sources.scan import is_hidden

from .stream import Unanswered

#: A file with another ending can be given by its own name, which is an order to read it.
NO_IMAGE = 'no image by its ending'
HIDDEN = 'hidden'
EMPTY = 'a folder without images'
_NAMED = 5  # of a kind


def images_below(folder: str, passed_over: list[Unanswered], closed: list[Unanswered]) -> list[str]:
    """List the images of a folder and of all below it.

    Links to folders are followed, except to one that holds the link. Nothing is opened but folders. A broken link with the
    ending of an image is listed: reading it will fail.

    Args:
        folder: The folder.
        passed_over: Takes what is left out, with the reason: hidden files and folders, files that are no images by their
            ending, FIFOs, sockets, devices, links back, and the folder itself if there is no image.
        closed: Takes folders that cannot be read, and why.

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
    """Count files by why they are left out, those that are no images by their ending, and name the first of each kind.

    Args:
        left_out: What :func:`images_below` left out.

    Returns:
        Such as ``no image by its ending '.txt' (2): 'a.txt', 'b.txt'`` and ``hidden (1): '.DS_Store'``, the largest number
        first; control characters are escaped.
    """
    kinds: dict[str, list[str]] = {}
    for path, reason in left_out:
        ending = os.path.splitext(path)[1].lower()
        kind = f'{reason} {ending!r}' if reason == NO_IMAGE and ending else reason
        kinds.setdefault(kind, []).append(path)
    parts = []
    for kind, paths in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        more = f', ... and {len(paths) - _NAMED} more' if len(paths) > _NAMED else ''
        parts.append(f'{kind} ({len(paths)}): {", ".join(map(repr, paths[:_NAMED]))}{more}')
    return parts


class _Way(NamedTuple):
    """A folder, its real path, and the real folders that links on the way to it were left from."""

    path: str
    real: str
    left: tuple[str, ...] = ()


def _read(way: _Way, images: list[str], left_out: list[Unanswered]) -> list[_Way]:
    """Sort the content of one folder; return the folders in it."""
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
    """Why a file is no image, empty if it is one by its ending."""
    image = is_image(entry.name)
    try:
        require_regular(entry.path)
    except FileNotFoundError:
        return '' if image else 'a broken link'
    except OSError as error:
        return str(error.strerror or error)
    return '' if image else NO_IMAGE
