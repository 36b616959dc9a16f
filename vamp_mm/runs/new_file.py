"""Files that a command writes where none was before."""

from __future__ import annotations

from pathlib import Path

from vamp_mm.config.errors import ConfigError, WorkDirError
from vamp_mm.files import atomic_write


def require_new(out: str | Path, option: str = '--out') -> Path:
    """Refuse a place for a file before the work for it is done.

    Args:
        out: Where the file is to go.
        option: What names it, for messages.

    Returns:
        The path.

    Raises:
        ConfigError: If it names no file.
        WorkDirError: If something is there, which may be the very checkpoint that is exported.
    """
    path = Path(out).expanduser()
    if not str(out).strip() or path.name in ('', '..'):
        raise ConfigError([f'{option} {str(out)!r} names no file'], 'the call')
    if path.exists() or path.is_symlink():
        raise WorkDirError(
            f'{option} {str(out)!r} is there already and is not replaced; give another name, or remove it'
        )
    return path


def write_new(data: bytes, path: Path, option: str = '--out') -> None:
    """Write a file, all of it or none.

    Args:
        data: Its content.
        path: From :func:`require_new`.
        option: What names it, for messages.

    Raises:
        WorkDirError: If it cannot be written.
    """
    try:
        atomic_write(data, path)
    except OSError as error:
        raise WorkDirError(
            f'{option} {str(path)!r} cannot be written: {error.strerror or error}'
        ) from error
