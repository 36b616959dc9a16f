"""Check a dataset on disk, and print what to do about each problem."""

from __future__ import annotations

import difflib
import os
import os.path as osp
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from vamp_mm.datasets import CATALOG, Split, SplitSource
from vamp_mm.datasets.sources import CatalogRow, build_source, catalog_row
from vamp_mm.datasets.sources.choice import is_there
from vamp_mm.datasets.sources.detect import detect
from vamp_mm.datasets.verify import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
    ImageFacts,
    check_counts,
    check_digests,
    check_files,
    check_images,
    check_shots,
    count_table,
    listed_files,
    look_at,
)
from vamp_mm.datasets.verify.lists import CountRow
from vamp_mm.progress_bar import progress

_SHOWN = 10
_STYLE = {ERROR: 'bold red', WARNING: 'yellow', NOTE: 'dim'}


@dataclass(frozen=True)
class Verified:
    """The outcome for one dataset.

    Args:
        title: Its name.
        data_root: Its folder.
        counts: Classes and images, next to the published numbers.
        findings: What was found, errors first.
        images: Images that were looked into.
        seconds: Time taken.
    """

    title: str
    data_root: str
    counts: Sequence[CountRow]
    findings: Sequence[Finding]
    images: int
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return all(finding.level != ERROR for finding in self.findings)


def verify(
    name: str,
    data_root: str = 'data',
    decode: bool = True,
    workers: int | None = None,
    console: Console | None = None,
) -> Verified:
    """Check layout, lists, counts and images of a dataset, and print a report.

    Args:
        name: A dataset of the catalog, or the path of own data.
        data_root: Folder that holds the datasets, or the folder of this one; not used for own data.
        decode: Look into the images; without it only their presence is checked.
        workers: Threads that decode; by default the number of processors.
        console: Where to print.

    Returns:
        What was found.

    Raises:
        FileNotFoundError: If the name is a path where nothing is.
        FileNotFoundError: If it is neither there nor a known name.
    """
    console = console or Console(soft_wrap=True)
    start = time.perf_counter()
    row, source, root = _open(name, data_root)
    title = row.title if row else osp.basename(osp.abspath(root))
    console.print(f'{title} in {osp.abspath(root)}', markup=False, highlight=False, style='bold')
    split, findings = _read(source, root)
    counts: list[CountRow] = []
    images = 0
    if split is not None and isinstance(source, SplitSource):
        counts = count_table(split, row)
        wrong = check_counts(counts)
        findings += (
            wrong + check_shots(split) + (check_digests(split, row) if row and not wrong else [])
        )
        image_root = osp.join(root, source.image_folder)
        files = listed_files(split, image_root)
        found, present = check_files(files, image_root, source.hint)
        findings += found
        if decode:
            labels = {
                osp.normpath(osp.join(image_root, item.path)): item.name
                for part in ('train', 'val', 'test')
                for item in split.part(part)
            }
            findings += check_images(_look(present, workers, console), files, labels, image_root)
            images = len(present)
    order = (ERROR, WARNING, NOTE)
    verified = Verified(
        title,
        root,
        counts,
        sorted(findings, key=lambda finding: order.index(finding.level)),
        images,
        time.perf_counter() - start,
    )
    report(verified, console)
    return verified


def report(verified: Verified, console: Console) -> None:
    """Print the counts, each finding with its next step, and a last line.

    Args:
        verified: The outcome.
        console: Where to print.
    """
    if verified.counts:
        console.print(_table(verified.counts))
    for finding in verified.findings:
        console.print(f'[{_STYLE[finding.level]}]{finding.level}[/]: ', end='')
        console.print(finding.what, markup=False, highlight=False)
        shown = finding.examples[: 3 if finding.level == NOTE else _SHOWN]
        for example in shown:
            console.print(f'    {example}', markup=False, highlight=False)
        if len(finding.examples) > len(shown):
            console.print(
                f'    ... and {len(finding.examples) - len(shown):,} more', highlight=False
            )
        if finding.advice:
            console.print(f'  -> {finding.advice}', markup=False, highlight=False)
    number = {
        level: sum(finding.level == level for finding in verified.findings)
        for level in (ERROR, WARNING)
    }
    looked = f'{verified.images:,} images read in {verified.seconds:.1f} s'
    end = '[bold green]ok[/]' if verified.ok else '[bold red]not ok[/]'
    console.print(
        f'{end}: {number[ERROR]} errors, {number[WARNING]} warnings, {looked}', highlight=False
    )


def _open(name: str, data_root: str) -> tuple[CatalogRow | None, SplitSource | ValueError, str]:
    """Row of the catalog (None for own data), source of the lists or why there is none, folder of the dataset."""
    if name not in CATALOG and is_there(name):
        try:
            layout = detect(name)
        except ValueError as error:
            return None, error, str(Path(name).expanduser())
        return None, build_source(layout.source), layout.data_root
    if name not in CATALOG:
        near = difflib.get_close_matches(name.lower(), CATALOG, n=1)
        meant = f'; did you mean {near[0]!r}?' if near else ''
        raise FileNotFoundError(
            f'{name!r} is neither a folder or file of your own (seen from {Path.cwd()}) nor one of the known names: '
            f'{", ".join(CATALOG)}{meant}'
        )
    row = catalog_row(name)
    base = osp.expanduser(data_root)
    inside = osp.join(base, row.folder)
    own = (
        not osp.isdir(inside)
        and osp.isdir(base)
        and (
            osp.basename(osp.abspath(base)) == row.folder
            or osp.isdir(osp.join(base, row.image_folder or '\0'))
        )
    )
    return row, build_source(name), base if own else inside


def _read(source: SplitSource | ValueError, root: str) -> tuple[Split | None, list[Finding]]:
    """The lists, or the reason why there are none."""
    if isinstance(source, ValueError):
        return None, [
            Finding(
                ERROR,
                f'the lists cannot be read: {source}',
                'docs/tutorials/README.md shows what can be, docs/tutorials/table.md tables',
            )
        ]
    try:
        source.require(root, 'data root')
        split = source.read(root)
    except (FileNotFoundError, ValueError) as error:
        advice = source.hint if source.hint not in str(error) else ''
        return None, [Finding(ERROR, f'the lists cannot be read: {error}', advice)]
    return split, [_finding(note) for note in source.notes(root)]


def _finding(note: str) -> Finding:
    what = note.removeprefix('WARNING: ')
    return Finding(NOTE if what == note else WARNING, what)


def _look(paths: list[str], workers: int | None, console: Console) -> list[ImageFacts]:
    # Threads: Pillow gives up the interpreter lock while it decodes.
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        return list(progress(pool.map(look_at, paths), len(paths), 'reading images', console))


def _table(rows: Sequence[CountRow]) -> Table:
    table = Table('classes', 'number', 'train', 'val', 'test', box=None, pad_edge=False)
    for row in rows:
        cells = []
        for place, found in enumerate(row.found):
            published = row.published[place] if row.published else None
            same = published is None or published == found
            cells.append(f'{found:,}' if same else f'[red]{found:,}[/] (published: {published:,})')
        table.add_row(row.which, *cells)
    return table
