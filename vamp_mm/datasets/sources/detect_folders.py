"""Whether a folder holds class folders, with or without parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from vamp_mm.messages import some

from ..errors import DataError
from ..image_files import is_image
from .beside import is_table
from .class_doubts import doubts
from .columns import PART_NAMES
from .layout import Layout
from .parts import arrange
from .scan import files, has_images, iter_images, subfolders


def detect_folders(root: Path, level: int | None = None) -> Layout:
    """Read a folder as class folders.

    Folders called train, val, test (or as :data:`~vamp_mm.datasets.sources.columns.PART_NAMES`
    says) are parts if they hold folders of images and no images themselves.

    Args:
        root: The folder.
        level: The classes are the folders so many levels below it, or below its parts, whatever
            they are called; None takes the first level if nothing speaks against it.

    Returns:
        The layout.

    Raises:
        WhichError: If folders of two levels could be the classes.
        DataError: If these are not class folders, or parts are beside other folders of images.
    """
    tops = [name for name in subfolders(root) if has_images(root / name)]
    called = [name for name in tops if name.lower() in PART_NAMES]
    parts = [name for name in called if _holds_classes(root / name)]
    others = [name for name in tops if name not in parts]
    if parts and others:
        train = next((name for name in parts if _is_train(name) and _several(root / name)), None)
        only = f', or give {root / train} if only that is meant' if train else ''
        words = next(filter(None, (_classes_in_names(root / name) for name in parts)), '')
        raise DataError(
            f'{root} holds the parts {parts} and, beside them, folders of images that are not parts: '
            f'{some(others)}. Either all folders are parts, or all are classes; move {some(others)} out '
            f'of it{only}{words}'
        )
    if parts:
        return _with_parts(root, parts, level)
    if not tops:
        flat = sum(is_image(name) for name in files(root))
        found = f'{flat} image(s) and no folder with images' if flat else 'no image'
        raise DataError(f'as class folders: {root} holds {found}{_classes_in_names(root)}')
    if called == tops:
        raise DataError(
            f'as class folders: {some(called)} hold images directly, not one folder for each class'
            f'{next(filter(None, (_classes_in_names(root / name) for name in called)), "")}'
        )
    if len(tops) == 1:
        raise DataError(
            f'as class folders: there is only one folder with images, {tops[0]}{_inner(root / tops[0])}'
        )
    _check_doubts(root, tops, root, level)
    source = dict(type='vamp_mm.ImageFolder', undivided='.', **_level(level))
    what = f'{len(tops)} class folders ({some(tops)}) without parts'
    if level is not None and level > 1:
        what = f'class folders on level {level} below {some(tops)}, without parts'
    return Layout(str(root), source, what)


def testing_only(root: Path, level: int | None = None) -> Layout:
    """Read class folders without parts as a list for testing only.

    Args:
        root: A folder; one with parts is read as such.
        level: As for :func:`detect_folders`.

    Returns:
        The layout.

    Raises:
        DataError: As :func:`detect_folders`.
    """
    layout = detect_folders(root, level)
    if layout.source.get('undivided') is None:
        return layout
    source = dict(type='vamp_mm.ImageFolder', test=layout.source['undivided'], **_level(level))
    return Layout(layout.data_root, source, layout.what + ', all for testing')


def _check_doubts(folder: Path, classes: Sequence[str], whole: Path, level: int | None) -> None:
    error = doubts(folder, classes, whole) if level is None else None
    if error is not None:
        raise error


def _level(level: int | None) -> dict[str, int]:
    return {} if level in (None, 1) else dict(level=level)


def _several(folder: Path) -> bool:
    return sum(has_images(folder / name) for name in subfolders(folder)) > 1


def _classes_in_names(folder: Path) -> str:
    """What to do with images called ``cat.0.jpg`` or ``dog_12.jpg``, if these are; else nothing."""
    below = [name for name in subfolders(folder) if has_images(folder / name)]
    # an archive unpacked into a folder of its own
    if len(below) == 1 and not any(map(is_image, files(folder))):
        return _classes_in_names(folder / below[0])
    numbered = re.compile(r'([^\W\d]+(?:[ _-][^\W\d]+)*)[ ._-]*\(?\d+\)?\.\w+')
    found = (numbered.fullmatch(name) for name in files(folder) if is_image(name))
    words = Counter(match[1].casefold() if match else '' for match in found)
    if len(words) < 2 or '' in words or min(words.values()) < 2:
        return ''
    return (
        f'; the classes may be in the file names ({some(sorted(words))}): write a table with the columns path and class, or '
        'move the images of each class to a folder called as the class'
    )


def _is_train(folder: str) -> bool:
    return PART_NAMES[folder.lower()] == 'train'


def _inner(folder: Path) -> str:
    """The folder that an archive was wrapped into, as a question."""
    while True:
        first = next(iter_images(folder), '')
        below = [name for name in subfolders(folder) if has_images(folder / name)]
        if any(is_table(name) for name in files(folder)):
            return f' (is {folder} the dataset?)'
        if '/' not in first or not below:
            return ', and no class folders in it'
        if len(below) > 1 or below[0].lower() in PART_NAMES:
            return f' (is {folder} the dataset?)'
        folder /= below[0]


def _with_parts(root: Path, parts: list[str], level: int | None) -> Layout:
    roles: dict[str, str] = {}
    for name in parts:
        role = PART_NAMES[name.lower()]
        if role in roles:
            raise DataError(
                f'{root}: {roles[role]} and {name} could both be the {role} part; keep one of them'
            )
        roles[role] = name
    serves = arrange(roles, f'{root} (folders {", ".join(parts)})')
    for name in sorted(parts, key=_is_train, reverse=True):
        classes = [inner for inner in subfolders(root / name) if has_images(root / name / inner)]
        _check_doubts(root / name, classes, root, level)
    what = f'class folders in the parts {", ".join(roles[role] for role in roles)}'
    if serves is None:
        source = dict(type='vamp_mm.ImageFolder', undivided=roles['train'], **_level(level))
    else:
        folders = {part: roles[own] for part, own in serves.items()}
        source = dict(type='vamp_mm.ImageFolder', **folders, **_level(level))
    return Layout(str(root), source, what)


def _holds_classes(folder: Path) -> bool:
    direct = any(is_image(name) for name in files(folder))
    return not direct and any(has_images(folder / name) for name in subfolders(folder))
