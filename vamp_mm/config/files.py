"""Config files, whose errors name the file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mmengine.config import Config

from .errors import ConfigError
from .paths import SCOPED, find_config


def read_config(path: str | Path) -> Config:
    """Read a config file with all that it inherits from.

    Args:
        path: The file.

    Returns:
        The config.

    Raises:
        ConfigError: If the file cannot be read as a config; a config is code, and may raise anything.
    """
    try:
        with _bases_of_this_package():
            return Config.fromfile(path)
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(
            [f'the config cannot be read: {_reason(error, Path(path))}'], str(path)
        ) from error


@contextlib.contextmanager
def _bases_of_this_package() -> Iterator[None]:
    """Let MMEngine follow ``_base_ = 'vamp_mm::...'``, which it does for packages of its own list only."""
    theirs = Config._get_cfg_path

    def path_and_scope(name: str, heir: str) -> tuple[str, str | None]:
        if name.startswith(SCOPED):
            return str(find_config(name)), None
        return theirs(name, heir)

    Config._get_cfg_path = staticmethod(path_and_scope)
    try:
        yield
    finally:
        Config._get_cfg_path = staticmethod(theirs)


def _reason(error: Exception, path: Path) -> str:
    if path.suffix not in ('.py', '.json', '.yaml', '.yml'):
        return (
            f'it ends in {path.suffix!r}; a config is a .py file'
            if path.suffix
            else 'a config is a .py file'
        )
    if isinstance(error, SyntaxError):
        line = '' if error.lineno is None else f' (line {error.lineno})'
        return f'it is not Python: {error.msg}{line}'
    if isinstance(error, UnicodeError):
        return 'it is not UTF-8 text'
    if isinstance(error, RecursionError):
        return '_base_ leads back to the file itself'
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return f'_base_ names {str(error.filename)!r}, which does not exist'
    if isinstance(error, ImportError):
        return f'{error}; put the folder that holds the module on PYTHONPATH'
    words = ' '.join(str(error).split())
    if isinstance(error, KeyError) and 'Duplicate key is not allowed among bases' in words:
        return (
            'two of its _base_ files set the same key ('
            + words.strip('"')
            + '); keep one of them, for example a whole '
            'config, and take the data with --dataset'
        )
    return f'running it ends in {type(error).__name__}' + (f': {words}' if words else '')
