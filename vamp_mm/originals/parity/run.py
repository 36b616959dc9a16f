"""Compare a folder of recordings and print one row per file."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from vamp_mm.registry import build_part

from .. import original_named, original_of
from ..tiny_clip import tensor_state_dict
from .case import Case, load_case
from .check import check_case
from .deviation import KINDS, Report, failures


def check_parity(
    folder: str | Path, method: str | None = None, console: Console | None = None
) -> list[Report]:
    """Compare every recording in a folder with our code, and print a table.

    Args:
        folder: Holds ``.npz`` files, or is one.
        method: Only recordings of this method.
        console: Where to print.

    Returns:
        One report per file; :attr:`Report.passed` is whether all of it agrees.

    Raises:
        FileNotFoundError: If there is no recording (of that method).
    """
    path, console = Path(folder), console or _wide_console()
    files = sorted(path.glob('*.npz')) if path.is_dir() else [path] if path.is_file() else []
    if method is not None:
        original_named(method)
    if not files:
        raise FileNotFoundError(
            f'{str(path)!r} holds no .npz file; give the folder of the recordings, or one of them'
        )
    reports = []
    with tempfile.TemporaryDirectory() as scratch:
        backbones = Backbones(Path(scratch))
        for file in files:
            report = _check_file(file, method, backbones)
            if report is not None:
                reports.append(report)
    if not reports:
        raise FileNotFoundError(f'{str(path)!r} holds no recording of {method!r}')
    console.print(_table(reports))
    for line in failures(reports):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return reports


class Backbones:
    """Tiny CLIPs by seed, drawn and built once.

    Args:
        folder: Where weight files go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built: dict[tuple[int, bool], Any] = {}

    def get(self, case: Case, own: bool) -> Any:
        """The backbone that a case was recorded on.

        Args:
            case: The recording.
            own: Whether the method changes the weights, so that it needs a copy for itself.

        Returns:
            A ``PromptedCLIPBackbone``.
        """
        key = (int(case.meta['tiny_clip_seed']), case.resnet)
        file = self._folder / f'tiny_{key[0]}_{"resnet" if key[1] else "vit"}.pt'
        if not file.is_file():
            torch.save(tensor_state_dict(*key), file)
        config = dict(type='PromptedCLIPBackbone', arch=None, pretrained=str(file))
        if own:
            return build_part(config)
        if key not in self._built:
            self._built[key] = build_part(config)
        return self._built[key]


def _wide_console() -> Console:
    console = Console()
    # a name that is cut off names nothing; a file or a pipe has no width
    return console if console.is_terminal else Console(width=120)


def _check_file(file: Path, method: str | None, backbones: Backbones) -> Report | None:
    try:
        case = load_case(file)
        original = original_of(case)
        if method is not None and original.name != method:
            return None
        return check_case(case, backbones.get(case, original.trains_backbone))
    except Exception as error:  # one broken case must not hide the others
        if method is not None and 'original' not in locals():
            return None
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f'{Path(last.filename).name}:{last.lineno}'
        return Report(file.stem, '', problems=[f'{type(error).__name__} at {place}: {error}'])


def _table(reports: list[Report]) -> Table:
    table = Table(
        title='largest error, relative to the largest recorded entry', title_justify='left'
    )
    table.add_column('recording')
    table.add_column('method')
    for kind in KINDS:
        table.add_column(kind, justify='right')
    table.add_column('result')
    for report in reports:
        cells = [report.worst(kind) for kind in KINDS]
        table.add_row(
            report.name,
            report.method,
            *('-' if cell is None else f'{cell:.1e}' for cell in cells),
            'pass' if report.passed else 'FAIL',
        )
    return table
