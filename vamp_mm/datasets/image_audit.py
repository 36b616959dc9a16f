"""One look at all images of some lists, before any of them is trained on."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vamp_mm.messages import some

from .image_files import open_image
from .splits import Item
from .transforms import read_rgb

_CHUNK = 1 << 20


@dataclass(frozen=True)
class ImageAudit:
    """What was found.

    Args:
        checked: Number of images that were decoded.
        missing: Paths that are not files.
        unreadable: Path -> why it cannot be decoded.
        converted: Mode other than RGB (``L``, ``RGBA``, ...) -> number of images; they are
            converted when they are read.
        twins: Groups of paths in different parts whose files are equal byte for byte.
    """

    checked: int
    missing: tuple[str, ...]
    unreadable: Mapping[str, str]
    converted: Mapping[str, int]
    twins: tuple[tuple[str, ...], ...]

    def faults(self) -> list[str]:
        """What has to be put right before a run, one sentence each."""
        faults = []
        if self.missing:
            faults.append(f'{len(self.missing)} images are missing: {some(self.missing)}')
        if self.unreadable:
            shown = [f'{path} ({why})' for path, why in self.unreadable.items()]
            faults.append(f'{len(shown)} images cannot be read: {some(shown, "; ")}')
        return faults

    def notes(self) -> list[str]:
        """What a user should know, one sentence each."""
        notes = []
        if self.converted:
            shown = ', '.join(f'{mode} {count}' for mode, count in self.converted.items())
            count = sum(self.converted.values())
            notes.append(f'{count} of {self.checked} images are not RGB and are converted: {shown}')
        if self.twins:
            shown_twins = some([' = '.join(group) for group in self.twins], '; ')
            notes.append(
                f'WARNING: {len(self.twins)} image(s) are in two parts under different names, equal '
                f'byte for byte, so the test leaks: {shown_twins}'
            )
        return notes


def audit_images(
    folder: str | os.PathLike,
    lists: Mapping[str, Sequence[Item]],
    chosen: Sequence[str],
    watch: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> ImageAudit:
    """Look for images that are missing, damaged, not RGB, or in two parts under different names.

    Args:
        folder: Image folder.
        lists: Part -> images; all must be there, and equal files are looked for among them.
        chosen: Paths of the images that a run uses; these are decoded.
        watch: Passes the paths on, one by one, for example with a progress bar.

    Returns:
        The findings; nothing is raised.
    """
    there: dict[str, list[str]] = {}
    missing: list[str] = []
    for part, items in lists.items():
        for item in items:
            found = os.path.isfile(os.path.join(folder, item.path))
            (there.setdefault(part, []) if found else missing).append(item.path)
    unreadable, modes = {}, Counter[str]()
    gone = set(missing)
    for path in watch([path for path in chosen if path not in gone]):
        mode, why = _decode(os.path.join(folder, path))
        if why:
            unreadable[path] = why
        elif mode != 'RGB':
            modes[mode] += 1
    return ImageAudit(
        len(chosen), tuple(missing), unreadable, dict(modes.most_common()), _twins(folder, there)
    )


def _decode(path: str) -> tuple[str, str]:
    """The mode of an image, and why it cannot be read, if so."""
    try:
        with open_image(path) as image:
            mode = image.mode
        read_rgb(path)
    except OSError as error:
        cause = error.__cause__ or error
        return '', f'{type(cause).__name__}: {cause}'.replace(path, os.path.basename(path))
    except Exception as error:  # Pillow raises SyntaxError, struct.error and others
        return '', f'{type(error).__name__}: {error}'.replace(path, os.path.basename(path))
    return mode, ''


def _twins(
    folder: str | os.PathLike, lists: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], ...]:
    # only files of one size can be equal, so few are read a second time
    sizes: dict[int, list[tuple[str, str]]] = {}
    for part, paths in lists.items():
        for path in paths:
            try:
                size = os.path.getsize(os.path.join(folder, path))
            except OSError:  # gone since it was looked for; whoever reads it says so
                continue
            sizes.setdefault(size, []).append((part, path))
    groups: dict[str, list[tuple[str, str]]] = {}
    for same in sizes.values():
        if len({part for part, _ in same}) > 1:
            for part, path in same:
                groups.setdefault(_digest(os.path.join(folder, path)), []).append((part, path))
    return tuple(
        tuple(f'{part}: {path}' for part, path in group)
        for group in groups.values()
        if len({part for part, _ in group}) > 1
    )


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, 'rb') as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:  # gone or not to be read: equal to no other file
        return path
    return digest.hexdigest()
