"""Where the project's config files are: in a checkout, or in the installed package."""

from __future__ import annotations

import difflib
from pathlib import Path

import vamp_mm

#: Where OpenMMLab's packages carry their configs (the convention of ``mim``).
_INSTALLED = '.mim'
_CONFIGS = 'configs'
#: What a config of an installed package is called: ``vamp_mm::vamp/vamp_mmrl_icons.py``.
SCOPED = 'vamp_mm::'


def import_root() -> Path:
    """The folder that the package is imported from, for the ``PYTHONPATH`` of other processes."""
    return Path(vamp_mm.__file__).parents[1]


def configs_folder() -> Path:
    """The project's ``configs/``.

    Returns:
        That of the checkout, else the copy in the installed package.

    Raises:
        FileNotFoundError: If there is neither.
    """
    package = Path(vamp_mm.__file__).parent
    places = [package.parent / _CONFIGS, package / _INSTALLED / _CONFIGS]
    found = next((place for place in places if (place / '_base_').is_dir()), None)
    if found is None:
        raise FileNotFoundError(
            f'the configs of vamp_mm are missing: neither {places[0]} nor {places[1]} has a folder '
            '_base_; install vamp_mm again, or run it from a checkout'
        )
    return found


def find_config(config: str | Path) -> Path:
    """The file of a config as a command line names it.

    Args:
        config: A path; or ``configs/...`` or ``vamp_mm::...`` for a config of this project, wherever the command runs.

    Returns:
        The path as it is where there is such a file, else that of the project's config; a path that does not exist
        where there is neither.
    """
    path, text = Path(config), str(config)
    if path.exists():
        return path
    if text.startswith(SCOPED):
        return configs_folder() / text.removeprefix(SCOPED)
    if path.parts[:1] == (_CONFIGS,):
        carried = configs_folder().joinpath(*path.parts[1:])
        return carried if carried.is_file() else path
    return path


def require_config(config: str | Path) -> Path:
    """The file of a config as a command line names it, which must exist.

    Args:
        config: As for :func:`find_config`.

    Returns:
        The file.

    Raises:
        FileNotFoundError: If there is none; the message names configs with similar names.
    """
    path = find_config(config)
    if not path.is_file():
        raise FileNotFoundError(_missing(path))
    return path


def base_folders(config: str | Path, kind: str) -> list[Path]:
    """Folders of parts that a config can be composed with, the nearest first.

    Args:
        config: A config file. The ``_base_`` folders around it come first, so that a project beside this one brings
            its own datasets, protocols and settings.
        kind: ``'datasets'``, ``'protocols'`` or ``'settings'``.

    Returns:
        Folders that may not exist; the last one is this project's.
    """
    around = [parent / '_base_' / kind for parent in Path(config).resolve().parents]
    return [*around, configs_folder() / '_base_' / kind]


def _missing(path: Path) -> str:
    if path.is_dir():
        return f'config {str(path)!r} is a folder; give one of its files'
    message = f'config {str(path)!r} does not exist (seen from {Path.cwd()})'
    # names of this project's configs are known wherever a command runs
    roots = {Path('configs'): Path('configs'), configs_folder(): Path('configs')}
    known = {
        str(shown / item.relative_to(root))
        for root, shown in roots.items()
        for item in root.rglob('*.py')
        if '_base_' not in item.parts
    }
    near = difflib.get_close_matches(str(path), sorted(known), n=3, cutoff=0.5)
    return message + (f'; did you mean {" or ".join(near)}?' if near else '')
