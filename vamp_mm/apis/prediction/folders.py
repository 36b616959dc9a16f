"""The images below a folder, and all else that lies there, each with the reason why it is left out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePath

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
    waiting: list[tuple[str, tuple[str, ...]]] = [(folder, ())]  # with the real folders above
    while waiting:
        below, above = waiting.pop()
        try:
            waiting += _read(below, above, images, left_out)
        except OSError as error:
            unread.append(Unanswered(below, f'the folder cannot be read: {(error.strerror or str(error)).lower()}'))
    if not images and not unread:
        left_out.append(Unanswered(folder, EMPTY))
    passed_over += sorted(Unanswered(str(PurePath(path)), reason) for path, reason in left_out)
    closed += sorted(Unanswered(str(PurePath(path)), reason) for path, reason in unread)
    return sorted((str(PurePath(path)) for path in images), key=lambda path: PurePath(path).as_posix())


def summary(left_out: Sequence[Unanswered]) -> str:
    """Count files by why they are left out, those that are no images by their ending, and name the first of each kind.

    Args:
        left_out: What :func:`images_below` left out.

    Returns:
        Such as ``2 '.txt', no image by its ending: 'a.txt', 'b.txt'; 1 hidden: '.DS_Store'``; control characters escaped.
    """
    kinds: dict[str, list[str]] = {}
    for path, reason in left_out:
        ending = os.path.splitext(path)[1].lower() or 'without ending'
        kinds.setdefault(f'{ending!r}, {reason}' if reason == NO_IMAGE else reason, []).append(path)
    parts = []
    for kind, paths in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        more = f', ... and {len(paths) - _NAMED} more' if len(paths) > _NAMED else ''
        parts.append(f'{len(paths)} {kind}: {", ".join(map(repr, paths[:_NAMED]))}{more}')
    return '; '.join(parts)


def _read(folder: str, above: tuple[str, ...], images: list[str],
          left_out: list[Unanswered]) -> list[tuple[str, tuple[str, ...]]]:
    """Sort the content of one folder; return the folders in it."""
    real = os.path.realpath(folder)
    if real in above or (above and above[0].startswith(real.rstrip(os.sep) + os.sep)):
        left_out.append(Unanswered(folder, f'a link back to {real!r}, which holds it'))
        return []
    folders = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_hidden(entry.name):
                left_out.append(Unanswered(entry.path, HIDDEN))
            elif entry.is_dir():
                folders.append((entry.path, (*above, real)))
            elif reason := _reason(entry):
                left_out.append(Unanswered(entry.path, reason))
            else:
                images.append(entry.path)
    return folders


def _reason(entry: os.DirEntry[str]) -> str:
    """Why a file is no image, empty if it is one by its ending."""
    if not is_image(entry.name):
        return NO_IMAGE
    try:
        require_regular(entry.path)
    except FileNotFoundError:
        return ''  # a broken link
    except OSError as error:
        return str(error.strerror or error)
    return ''
