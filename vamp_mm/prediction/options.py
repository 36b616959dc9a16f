"""Options of ``vamp_mm predict`` that are checked before a model is loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from vamp_mm.config.dataset_files import siblings
from vamp_mm.config.errors import ConfigError, WorkDirError
from vamp_mm.datasets import DataError
from vamp_mm.datasets.class_words import number_fault

#: More than the names of any dataset need.
_LONGEST = 16 * 2**20  # bytes


def chosen_names(classes: Sequence[str] | None, file: str | Path | None) -> Sequence[str] | None:
    """Class names from the command line or a file.

    Args:
        classes: Names given one by one.
        file: A UTF-8 text file with one name per line; blank lines are left out.

    Returns:
        The names, None if there are neither.

    Raises:
        ConfigError: If both are given.
        DataError: If the file cannot be read as text, or holds no name.
    """
    if file is None:
        return classes
    if classes is not None:
        raise ConfigError(
            ['--classes and --classes-file both give class names; give one of them'], 'the call'
        )
    path = Path(file).expanduser()
    if not path.is_file():
        what = 'is not a regular file' if path.exists() else 'does not exist'
        raise DataError(
            f'--classes-file {str(path)!r} {what}; give a text file with one class name per line'
        )
    if path.stat().st_size > _LONGEST:
        raise DataError(
            f'--classes-file {str(path)!r} has {path.stat().st_size:,} bytes, at most {_LONGEST:,} are read; '
            'give a text file with one class name per line'
        )
    try:
        lines = path.read_text(encoding='utf-8-sig').split('\n')
    except UnicodeDecodeError as error:
        raise DataError(
            f'--classes-file {str(path)!r} is not UTF-8 text ({error.reason} at byte {error.start}); save it as '
            'UTF-8'
        ) from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise DataError(f'--classes-file {str(path)!r} holds no class name; write one per line')
    if fault := number_fault(names):
        raise DataError(f'--classes-file {str(path)!r}: {fault}')
    return names


def require_inputs(images: Sequence[str]) -> None:
    """Refuse inputs of which none exists, before a model is loaded for them.

    Args:
        images: Files and folders; if some exist, the others are reported as images that cannot be read.

    Raises:
        DataError: If none exists.
    """
    paths = [Path(image).expanduser() for image in images]
    if any(os.path.lexists(path) for path in paths):
        return
    found = siblings(paths[0])
    meant = (
        f'did you mean {" or ".join(map(repr, found))}?' if found else 'give image files or folders'
    )
    what = (
        f'{images[0]!r} does not exist'
        if len(paths) == 1
        else f'none of the {len(paths)} inputs exists, such as {images[0]!r}'
    )
    raise DataError(f'{what} (seen from {Path.cwd()}); {meant}')


def new_folder(folder: Path, inputs: Sequence[str]) -> Path:
    """Make the folder for the annotated images.

    Args:
        folder: The folder.
        inputs: Files and folders of images; it must not be inside one of these, where the next run would read its files.

    Returns:
        The folder, which exists and is empty.

    Raises:
        WorkDirError: If it is a file, is not empty, is inside a folder of images, or cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise WorkDirError(f'--out-dir {str(folder)!r} is a file; give a folder')
    real = folder.resolve()
    for item in inputs:
        given = Path(item).expanduser()
        if given.is_dir() and real.is_relative_to(given.resolve()):
            raise WorkDirError(
                f'--out-dir {str(folder)!r} is inside the folder of images {item!r}, and the next run would take the '
                'annotated images for inputs; give a folder elsewhere'
            )
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise WorkDirError(
                f'--out-dir {str(folder)!r} is not empty, and its files are never replaced; give another folder'
            )
        folder.mkdir(parents=True, exist_ok=True)
    except WorkDirError:
        raise
    except OSError as error:
        raise WorkDirError(
            f'--out-dir {str(folder)!r} cannot be used: {error.strerror or error}'
        ) from error
    return folder
