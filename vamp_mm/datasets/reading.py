"""Text and JSON files of a dataset; what is wrong with one is a DataError."""

from __future__ import annotations

from os import PathLike
from typing import Any

from vamp_mm.files import text as text_files

from .errors import DataError


def read_text(path: str | PathLike) -> str:
    """Read a text file; see :func:`~vamp_mm.files.text.read_text`.

    Args:
        path: The file.

    Returns:
        The text.

    Raises:
        FileNotFoundError: If there is no such file.
        DataError: If it cannot be read as text.
    """
    try:
        return text_files.read_text(path)
    except text_files.TextFileError as error:
        raise DataError(str(error)) from error


def read_json(path: str | PathLike) -> Any:
    """Read a JSON file; see :func:`~vamp_mm.files.text.read_json`.

    Args:
        path: The file.

    Returns:
        What it holds.

    Raises:
        FileNotFoundError: If there is no such file.
        DataError: If it cannot be read as JSON.
    """
    return parse_json(read_text(path), str(path))


def parse_json(text: str, where: str) -> Any:
    """Decode JSON; see :func:`~vamp_mm.files.text.parse_json`.

    Args:
        text: The JSON.
        where: Name of the source, for messages.

    Returns:
        What it decodes to.

    Raises:
        DataError: If it is no JSON that means one thing.
    """
    try:
        return text_files.parse_json(text, where)
    except text_files.TextFileError as error:
        raise DataError(str(error)) from error
