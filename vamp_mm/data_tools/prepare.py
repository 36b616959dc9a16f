"""Turn official archives into the layout of the benchmark."""

from __future__ import annotations

import functools
import os.path as osp
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TaskID

from vamp_mm.datasets import DataError
from vamp_mm.datasets.archives import ARCHIVES, Archive, Take, locate, md5_of, place, unpack
from vamp_mm.datasets.archives.imagenet_val import LABEL_FILES, validation_classes
from vamp_mm.datasets.sources import CATALOG, CatalogRow
from vamp_mm.progress_bar import progress_bar


def prepare(
    name: str,
    archives: str | None = None,
    out: str = 'data',
    overwrite: bool = False,
    check_md5: bool = True,
    console: Console | None = None,
) -> Path | None:
    """Unpack the official files of a dataset; without ``archives`` only say which they are.

    All is unpacked into a hidden folder beside the goal first and moved when it is complete, so an interrupted run leaves
    the dataset's folder as it was.

    Args:
        name: A dataset of the catalog.
        archives: Folder with the downloaded files, or with a folder of them called as the dataset's.
        out: Folder that holds the datasets.
        overwrite: Replace what is already there.
        check_md5: Compare with the MD5 sums that are known.
        console: Where to print.

    Returns:
        The dataset's folder, None if nothing was to be done.

    Raises:
        DataError: If the name is unknown, files are missing, wrong or unsafe, or something is already there.
    """
    console = console or Console(soft_wrap=True)
    if name not in ARCHIVES:
        raise DataError(f'no archives are known for {name!r}; known: {", ".join(ARCHIVES)}')
    row = CATALOG[name]
    wanted = _wanted(name, row)
    folders = (
        []
        if archives is None
        else [Path(archives).expanduser(), Path(archives).expanduser() / row.folder]
    )
    found = {archive: locate(archive, folders) for archive in wanted}
    _list_files(row, found, archives is not None, console)
    if archives is None:
        return None
    missing = [
        archive.names[0] for archive, file in found.items() if file is None and archive.needed
    ]
    if missing:
        raise DataError(
            f'{len(missing)} file(s) of {row.title} are missing in {osp.abspath(archives)}: '
            f'{", ".join(missing)}; the list above says where they can be downloaded'
        )
    goal = Path(out).expanduser() / row.folder
    there = {archive: file for archive, file in found.items() if file is not None}
    parts = _make(there, goal, overwrite, check_md5, folders, console)
    console.print(f'placed in {goal}: {", ".join(parts)}', markup=False, highlight=False)
    for archive, file in found.items():
        if file is None:
            console.print(
                f'left out {archive.names[0]}, which was not there ({archive.where})',
                markup=False,
                highlight=False,
            )
    console.print(
        f'next: vamp_mm verify {name} --data-root {out}',
        markup=False,
        highlight=False,
    )
    return goal


def _wanted(name: str, row: CatalogRow) -> tuple[Archive, ...]:
    if row.split_file is None:
        return ARCHIVES[name]
    where = 'https://github.com/KaiyangZhou/CoOp/blob/main/DATASETS.md'
    where += (
        ' (without it the same lists are made from the official files)' if row.regenerates else ''
    )
    split = Archive((row.split_file,), (Take('', row.split_file),), where, needed=False)
    return (*ARCHIVES[name], split)


def _list_files(
    row: CatalogRow, found: dict[Archive, Path | None], looked: bool, console: Console
) -> None:
    console.print(f'{row.title} is made of', markup=False, highlight=False)
    for archive, file in found.items():
        state = '' if not looked else f' [{"found" if file else "missing"}]'
        need = '' if archive.needed else ', optional'
        known = ', MD5 known' if any(archive.md5) else ''
        console.print(
            f'  {" or ".join(archive.names)}{state}{need}{known}: {archive.where}',
            markup=False,
            highlight=False,
        )
        if archive.validation:
            console.print(
                f'    with {" or ".join(LABEL_FILES)} beside it, for the class folders',
                markup=False,
                highlight=False,
            )


def _make(
    files: dict[Archive, Path],
    goal: Path,
    overwrite: bool,
    check_md5: bool,
    folders: Sequence[Path],
    console: Console,
) -> list[str]:
    takes = [take for archive in files for take in archive.takes]
    early = [str(goal / take.to) for take in takes if take.to and (goal / take.to).exists()]
    if early and not overwrite:  # before an hour of unpacking, not after it
        raise DataError(
            f'already there, and nothing is replaced without --overwrite: {", ".join(early)}'
        )
    goal.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f'.{goal.name}-', dir=goal.parent))
    try:
        with progress_bar(console, DownloadColumn()) as progress:
            for archive, file in files.items():
                if check_md5:
                    _check(archive, file, progress, console)
                task = progress.add_task(f'unpacking {file.name}', total=file.stat().st_size)
                classes = validation_classes(folders) if archive.validation else None
                count = unpack(
                    archive,
                    file,
                    work,
                    functools.partial(_advance, progress, task),
                    classes,
                )
                progress.update(task, completed=file.stat().st_size)
                console.print(f'{file.name}: {count:,} files', markup=False, highlight=False)
        return place(work, goal, takes, overwrite)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check(archive: Archive, file: Path, progress: Progress, console: Console) -> None:
    known = dict(zip(archive.names, archive.md5, strict=False)).get(file.name)
    if known is None:
        console.print(
            f'{file.name}: no MD5 sum is known here, not checked', markup=False, highlight=False
        )
        return
    task = progress.add_task(f'checking {file.name}', total=file.stat().st_size)
    got = md5_of(file, lambda done: progress.update(task, completed=done))
    if got != known:
        raise DataError(
            f'{file} has the MD5 sum {got}, expected {known}: it is incomplete, or another version. Download it '
            f'again from {archive.where}, or give --no-md5 if you know that it is right'
        )


def _advance(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)
