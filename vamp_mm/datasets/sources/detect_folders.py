"""Whether a folder holds class folders, with or without parts."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError, some
from ..image_files import is_image
from .columns import PART_NAMES
from .layout import Layout
from .parts import arrange
from .scan import files, has_images, subfolders


def detect_folders(root: Path) -> Layout:
    """Read a folder as class folders.

    Folders called train, val, test (or as :data:`~vamp_mm.datasets.sources.columns.PART_NAMES`
    says) are parts if they hold folders of images and no images themselves.

    Args:
        root: The folder.

    Returns:
        The layout.

    Raises:
        DataError: If these are no class folders, or parts stand beside other folders of images.
    """
    tops = [name for name in subfolders(root) if has_images(root / name)]
    called = [name for name in tops if name.lower() in PART_NAMES]
    parts = [name for name in called if _holds_classes(root / name)]
    others = [name for name in tops if name not in parts]
    if parts and others:
        raise DataError(
            f'{root} holds the parts {parts} and, beside them, folders of images that are no parts: '
            f'{some(others)}. Either all folders are parts, or all are classes'
        )
    if parts:
        return _with_parts(root, parts)
    if not tops:
        flat = sum(is_image(name) for name in files(root))
        found = f'{flat} image(s) and no folder with images' if flat else 'no image'
        raise DataError(f'as class folders: {root} holds {found}')
    if called == tops:
        raise DataError(
            f'as class folders: {some(called)} hold images directly, not one folder for each class'
        )
    if len(tops) == 1:
        inner = f' (is {root / tops[0]} the dataset?)' if subfolders(root / tops[0]) else ''
        raise DataError(f'as class folders: there is only one folder with images, {tops[0]}{inner}')
    source = dict(type='vamp_mm.ImageFolder', undivided='.')
    return Layout(str(root), source, f'{len(tops)} class folders ({some(tops)}) without parts')


def testing_only(root: Path) -> Layout:
    """Read class folders without parts as a list for testing only.

    Args:
        root: A folder; one with parts is read as such.

    Returns:
        The layout.

    Raises:
        DataError: As :func:`detect_folders`.
    """
    layout = detect_folders(root)
    if layout.source.get('undivided') is None:
        return layout
    source = dict(type='vamp_mm.ImageFolder', test=layout.source['undivided'])
    return Layout(layout.data_root, source, layout.what + ', all for testing')


def _with_parts(root: Path, parts: list[str]) -> Layout:
    roles: dict[str, str] = {}
    for name in parts:
        role = PART_NAMES[name.lower()]
        if role in roles:
            raise DataError(
                f'{root}: {roles[role]} and {name} could both be the {role} part; keep one of them'
            )
        roles[role] = name
    serves = arrange(roles, f'{root} (folders {", ".join(parts)})')
    what = f'class folders in the parts {", ".join(roles[role] for role in roles)}'
    if serves is None:
        source = dict(type='vamp_mm.ImageFolder', undivided=roles['train'])
    else:
        folders = {part: roles[own] for part, own in serves.items()}
        source = dict(type='vamp_mm.ImageFolder', **folders)
    return Layout(str(root), source, what)


def _holds_classes(folder: Path) -> bool:
    direct = any(is_image(name) for name in files(folder))
    return not direct and any(has_images(folder / name) for name in subfolders(folder))
