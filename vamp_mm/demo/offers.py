"""Which models the page offers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vamp_mm.config.errors import ConfigError
from vamp_mm.config.paths import configs_folder
from vamp_mm.engine.latest import find_latest_checkpoint, is_complete


@dataclass(frozen=True)
class Offer:
    """One model to choose.

    Args:
        label: What the page calls it.
        checkpoint: Its file, None for zero-shot CLIP.
        config: Its config, None for the one in the checkpoint.
        embedded: Whether it is the CLIP that comes with the package.
    """

    label: str
    checkpoint: Path | None = None
    config: Path | None = None
    embedded: bool = False


def find_offers(
    given: Sequence[str | Path],
    zero_shot: str | Path | None = None,
    config: str | Path | None = None,
) -> tuple[Offer, ...]:
    """The models of a page: checkpoints in the order given, then zero-shot CLIP.

    Args:
        given: Checkpoint files, and folders that are searched for runs: the latest checkpoint of each and its best ones.
        zero_shot: Config of a zero-shot CLIP; None for the embedded one, which knows drawn icons.
        config: Config for all checkpoints; None for those in the checkpoints.

    Returns:
        At least one offer, no checkpoint twice.

    Raises:
        FileNotFoundError: If a file is missing.
        ConfigError: If a folder holds no checkpoint.
    """
    files = dict.fromkeys(file for item in given for file in _checkpoints(Path(item).expanduser()))
    settings = None if config is None else _existing(Path(config), '--config')
    found = [Offer(_label(file), file, settings) for file in files]
    if zero_shot is None:
        file = _existing(configs_folder() / 'clip' / 'zero_shot_icons.py', 'the embedded model')
        return (
            *found,
            Offer('zero-shot CLIP (embedded, for drawn icons)', None, file, embedded=True),
        )
    return (
        *found,
        Offer(
            f'zero-shot CLIP ({Path(zero_shot).name})',
            None,
            _existing(Path(zero_shot), '--zero-shot'),
        ),
    )


def _existing(file: Path, what: str) -> Path:
    if not file.is_file():
        raise FileNotFoundError(f'{what} needs the file {str(file)!r}, which is not there')
    return file


def _checkpoints(item: Path) -> list[Path]:
    if not item.is_dir():
        return [_existing(item, 'a checkpoint').absolute()]
    found = []
    for folder, folders, files in os.walk(item):
        folders.sort()
        if any(name.endswith('.pth') for name in files):
            found += _of_run(Path(folder))
    if not found:
        raise ConfigError(
            [
                f'the folder {str(item)!r} and those in it hold no complete checkpoint (*.pth); give the work '
                'directory of a finished run, or none to try zero-shot CLIP'
            ],
            'the call',
        )
    return found


def _of_run(folder: Path) -> list[Path]:
    """The latest checkpoint and those called best; all there are if none is numbered."""
    complete = [path.absolute() for path in sorted(folder.glob('*.pth')) if is_complete(path)]
    latest = find_latest_checkpoint(folder)
    if latest is None:
        return complete
    return [
        Path(latest),
        *(path for path in complete if path.name.startswith('best_') and path != Path(latest)),
    ]


def _label(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)
