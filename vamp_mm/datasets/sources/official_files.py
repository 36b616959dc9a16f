"""Reading the files that a dataset is published with, with errors that say which one and what next."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..image_files import is_image
from ..reading import parse_json, read_text
from ..splits import Item
from .scan import explained, subfolders

#: What readers of official files return: train, val, test; or trainval, or all, which a recipe cuts.
Lists = dict[str, list[Item]]


@dataclass(frozen=True)
class OfficialFiles:
    """The folder of a dataset as published.

    Args:
        root: The folder.
        image_folder: Folder of the images below it.
        hint: Next step where something is missing.
    """

    root: Path
    image_folder: str
    hint: str

    def lines(self, name: str) -> list[str]:
        """The non-empty lines of a text file, stripped."""
        lines = [line.strip() for line in self._text(name).splitlines()]
        return [line for line in lines if line]

    def json(self, name: str) -> Any:
        """What a JSON file holds."""
        return parse_json(self._text(name), str(self.root / name))

    def mat(self, name: str, key: str) -> Any:
        """One variable of a MATLAB file: a list, or a dict of lists for an array of structs."""
        path = self._existing(name)
        import mat4py  # needed by two datasets only

        try:
            content = mat4py.loadmat(str(path))
        except Exception as error:  # the reader raises whatever a damaged file leads it into
            raise DataError(f'{path} cannot be read as a MATLAB 5 file: {error}') from error
        if key not in content:
            raise DataError(f'{path} has no variable {key!r}; it holds {sorted(content)}')
        return content[key]

    def folders(self, *parts: str) -> list[str]:
        """Names of the sub-folders of a folder below the image folder, sorted, without hidden ones."""
        folder = self._existing(os.path.join(self.image_folder, *parts))
        names = list(subfolders(folder))
        if not names:
            raise FileNotFoundError(f'{folder} has no sub-folders. {self.hint}')
        return names

    def images(self, *parts: str) -> list[str]:
        """Paths, relative to the image folder, of the images of a folder, sorted by name."""
        folder = self._existing(os.path.join(self.image_folder, *parts))
        with explained(folder):
            names = sorted(name for name in os.listdir(folder) if name[0] != '.' and is_image(name))
        return ['/'.join((*parts, name)) for name in names]

    def labels_of(self, name: str, labels: Mapping[str, int]) -> Callable[[str, str], int]:
        """A lookup that names the file and the line where a class is unknown."""

        def label(key: str, line: str) -> int:
            if key not in labels:
                raise DataError(f'{self.root / name}: the class {key!r} of {line!r} is unknown')
            return labels[key]

        return label

    def _text(self, name: str) -> str:
        return read_text(self._existing(name))

    def _existing(self, name: str) -> Path:
        path = self.root / name
        if not path.exists():
            raise FileNotFoundError(f'{path.absolute()} does not exist. {self.hint}')
        return path


def fields(line: str, count: int, where: str) -> list[str]:
    """Split a line at blanks.

    Args:
        line: The line.
        count: Fields it must at least have.
        where: Name of the file, for the error.

    Returns:
        Its fields.

    Raises:
        ValueError: If it has fewer.
    """
    parts = line.split()
    if len(parts) < count:
        raise DataError(f'{where}: {line!r} has {len(parts)} fields, expected {count}')
    return parts


def number(text: str, where: str) -> int:
    """An integer of at least 1 in a text file.

    Args:
        text: Its digits.
        where: Name of the file, for the error.

    Returns:
        The number.

    Raises:
        ValueError: If it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise DataError(f'{where}: {text!r} is not a class number; expected an integer from 1 on')
    return int(text)
