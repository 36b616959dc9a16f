"""What the word after ``--dataset`` means."""

from __future__ import annotations

from pathlib import Path

from mmengine.config import Config

from vamp_mm.datasets.sources.choice import is_there

from .errors import ConfigError, near
from .paths import base_folders


def is_own_data(cfg: Config, dataset: str) -> bool:
    """Whether a word is a path of a user's own data, and not a dataset file.

    Args:
        cfg: The config; files of its own tree are known by name.
        dataset: What a user wrote.

    Returns:
        True for a folder or a file that is not a Python file, with or without what may be added to it
        (:func:`~vamp_mm.datasets.sources.choice.read_choice`).

    Raises:
        ConfigError: If it could be both.
    """
    if not is_there(dataset):
        return False
    path = Path(dataset).expanduser()
    if path.name == dataset and is_dataset_file(cfg, dataset):
        raise ConfigError(
            [
                f'{dataset!r} is the name of a dataset file and of {path.absolute()}; give '
                f'./{dataset} for your own data'
            ],
            cfg.filename,
        )
    return path.is_dir() or path.suffix != '.py'


def dataset_file(cfg: Config, dataset: str) -> Path:
    """The file in ``configs/_base_/datasets`` of a name.

    Args:
        cfg: The config; files of its own tree come first.
        dataset: The name, or a path to such a file.

    Returns:
        The file.

    Raises:
        FileNotFoundError: If there is none.
    """
    path = Path(dataset)
    if path.suffix == '.py' and path.is_file():
        return path
    files = _files(cfg)
    for name, file in files:
        if name == dataset:
            return file
    # parts of others
    names = [
        name for name in dict.fromkeys(name for name, _ in files) if not name.endswith('_coop')
    ]
    found = near(dataset, names) or siblings(path)
    meant = f'; did you mean {" or ".join(map(repr, found))}?' if found else ''
    raise FileNotFoundError(
        f'{dataset!r} is neither a folder or file of your own (seen from {Path.cwd()}) nor one of the known names: '
        f'{", ".join(names) or "none found"}{meant}'
    )


def siblings(path: Path) -> list[str]:
    """Files and folders with names like that of a path that does not exist, in its folder.

    Args:
        path: The path.

    Returns:
        At most three paths, the closest first.
    """
    folder = path.expanduser().parent
    try:
        names = [item.name for item in folder.iterdir()]
    except OSError:
        return []
    return [str(path.parent / name) for name in near(path.name, names)]


def is_dataset_file(cfg: Config, dataset: str) -> bool:
    """Whether a word is the name of a file in ``configs/_base_/datasets``."""
    return dataset in {name for name, _ in _files(cfg)}


def _files(cfg: Config) -> list[tuple[str, Path]]:
    """Name and path of the dataset files that go with a config; the first of a name counts."""
    roots = base_folders(cfg.filename, 'datasets')
    return [(file.stem, file) for root in roots for file in sorted(root.glob('*.py'))]
