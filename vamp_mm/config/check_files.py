"""The config check over files, with a line per file for a person to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .effect_check import without_effect
from .errors import ConfigError
from .files import read_config
from .paths import configs_folder, find_config
from .validate import check_config


def check_files(files: Sequence[str | Path] = ()) -> int:
    """Check configs and print what is wrong with them.

    Args:
        files: Config files; by default every file of ``configs/`` outside ``_base_`` folders, which hold parts.

    Returns:
        Number of files with problems.

    Raises:
        FileNotFoundError: If no file is given and there is none to be found.
    """
    paths = [find_config(file) for file in files] or [
        path for path in sorted(configs_folder().rglob('*.py')) if '_base_' not in path.parts
    ]
    faulty = 0
    for path in paths:
        problems, idle = _check_file(path)
        faulty += bool(problems)
        print(f'{"FAULTY" if problems else "ok    "} {path}')
        for problem in problems:
            print(f'       - {problem}')
        for sentence in idle:
            print(f'       note: {sentence}')
    print(f'{len(paths)} config(s) checked, {faulty} with problems')
    return faulty


def _check_file(path: Path) -> tuple[list[str], list[str]]:
    """Problems, and settings without effect."""
    if not path.is_file():
        return ['it is a folder' if path.is_dir() else 'there is no such file'], []
    try:
        cfg = read_config(path)
    except ConfigError as error:
        return error.problems, []
    problems = check_config(cfg)
    return problems, [] if problems else without_effect(cfg)
