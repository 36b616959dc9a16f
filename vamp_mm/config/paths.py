"""Where the project's config files are: in a checkout, or in the installed package."""

from __future__ import annotations

from pathlib import Path

import vamp_mm

#: Where OpenMMLab's packages carry their configs (the convention of ``mim``).
_INSTALLED = '.mim'


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
    places = [package.parent / 'configs', package / _INSTALLED / 'configs']
    found = next((place for place in places if (place / '_base_').is_dir()), None)
    if found is None:
        raise FileNotFoundError(
            f'the configs of vamp_mm are missing: neither {places[0]} nor {places[1]} has a folder '
            '_base_; install vamp_mm again, or run it from a checkout'
        )
    return found


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
