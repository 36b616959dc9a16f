"""How to read a folder, a table or a split file that a user points at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vamp_mm.messages import some

from ..errors import DataError
from .beside import SURE_TABLES, is_submission, mentions, tables_above, tables_beside
from .choice import Choice, read_choice
from .class_doubts import WhichError
from .columns import Columns, NoTableError
from .csv_rows import read_header
from .detect_folders import detect_folders, testing_only
from .detect_tables import Unread, detect_tables, named_layout
from .layout import Layout
from .mention import Mention, Sample, sample_images
from .same_lists import same_lists
from .scan import has_images, subfolders
from .table_rows import TABLE_SUFFIXES

ALLOWED = (
    'Allowed are (a) class folders: PATH/train/<class>/* and PATH/test/<class>/*, maybe with '
    'PATH/val/<class>/*; or PATH/<class>/*, which is divided. (b) A folder of images and a table: one '
    'file (.csv, .tsv, .jsonl, .txt) with a path and a class in each row, maybe with a column that '
    'says train, val or test; or one such file for each part, called train.*, val.*, test.*; columns of '
    "other names are given as 'TABLE#path=COLUMN,class=COLUMN'. (c) A split file: JSON with the keys "
    'train, val and test'
)


def detect(path: str | Path, testing: bool = False) -> Layout:
    """Find out how to read a folder of images, a table or a split file.

    Args:
        path: A folder, or the table or split file itself; what cannot be found out is added after a
            ``#`` (:func:`~vamp_mm.datasets.sources.choice.read_choice`).
        testing: Class folders without parts are all for testing, instead of being divided.

    Returns:
        The one way to read it.

    Raises:
        FileNotFoundError: If there is nothing at ``path``.
        DataError: If nothing there can be read as one of the layouts, or several things can, or a
            table beside class folders knows their images and not their names.
    """
    choice = read_choice(path)
    root = choice.file
    if not root.exists():
        raise FileNotFoundError(f'{root.absolute()} does not exist')
    if root.is_file():
        return _file_layout(choice)
    if not root.is_dir():
        raise DataError(f'{root} is neither a folder nor a file, but a FIFO, socket or device')
    if choice.level is not None:
        return testing_only(root, choice.level) if testing else detect_folders(root, choice.level)
    layouts, unread = detect_tables(root)
    faulty = [item.reason for item in unread if item.faulty]
    folders: Layout | None = None
    doubt: DataError | None = None
    try:
        folders = testing_only(root) if testing else detect_folders(root)
        layouts.append(folders)
    except DataError as error:
        doubt = error
    if faulty:
        others = (
            f' (besides, there are {", ".join(item.what for item in layouts)})' if layouts else ''
        )
        raise DataError('\n  - '.join([f'{root} holds a faulty table{others}:', *map(str, faulty)]))
    if folders is not None and len(layouts) == 2 and same_lists(layouts[0], folders):
        layouts = [folders]
    if len(layouts) == 1:
        if folders is not None:
            _check_tables(root, folders, unread)
        return layouts[0]
    if layouts:
        found = '; '.join(f'({index}) {layout.what}' for index, layout in enumerate(layouts, 1))
        folders_too = f", '{root}#level=1' to use the class folders" if folders is not None else ''
        which = f'. Besides, {doubt}' if isinstance(doubt, WhichError) else ''
        raise DataError(
            f'{root} can be read in {len(layouts)} ways: {found}. Give the path of the table to use '
            f'it{folders_too}, or move what is not meant out of the folder{which}'
        )
    assert doubt is not None
    reasons = _reasons(root, unread)
    if isinstance(doubt, WhichError):
        more = f' (tables that are not read: {"; ".join(reasons)})' if reasons else ''
        raise WhichError(f'{doubt}{more}')
    raise DataError('\n  - '.join([f'{root} cannot be read:', *reasons, str(doubt), ALLOWED]))


def _file_layout(choice: Choice) -> Layout:
    file = choice.file
    if file.suffix.lower() not in TABLE_SUFFIXES:
        raise DataError(
            f'{file} is neither a table nor a split file by its ending; allowed: '
            f'{", ".join(TABLE_SUFFIXES)}. {ALLOWED}'
        )
    try:
        return named_layout(choice)
    except NoTableError as error:
        if is_submission(file):
            raise NoTableError(
                f'{error}; {file.name} is called a submission, whose classes are not the true ones'
            ) from error
        advice = _advice(file, mentions(file, _samples(file.parent)))
        raise NoTableError(f'{error}{advice}') from error


def _check_tables(root: Path, layout: Layout, unread: Sequence[Unread]) -> None:
    """Refuse class folders whose images are in a table that says something else about them."""
    parts = [
        root / name
        for key, name in layout.source.items()
        if key in ('train', 'val', 'test', 'undivided')
    ]
    tables = list(
        dict.fromkeys(file for folder in (root, *parts) for file in tables_beside(folder))
    )
    above = tables_above(root)
    images = [
        image for folder in parts
        for image in sample_images(folder, [name for name in subfolders(folder) if has_images(folder / name)])
    ] if tables or above else []  # fmt: skip
    found = {file: mentions(file, images) for file in (*tables, *above) if not is_submission(file)}
    wrong = [
        file for file, mention in found.items()
        if mention.contradicts and (file not in above or 2 * mention.found >= mention.of)
    ]  # fmt: skip
    if wrong:
        reasons = [_reason(file, found[file], unread) for file in wrong]
        raise DataError(
            f'{root} holds {layout.what}, and beside {"or above " if above else ""}them a table that names their images '
            f'and has other classes for them than these folders: {"; ".join(reasons)}; or, if the folders are the classes '
            f"all the same, give '{root}#level=1'"
        )


def _reasons(root: Path, unread: Sequence[Unread]) -> list[str]:
    """Why each table of a folder is not read, and how it could be."""
    samples = _samples(root)
    known = [file for item in unread for file in item.files]
    others = [file for file in tables_beside(root) if file not in known]
    reasons = []
    groups = {file: item.files for item in unread for file in item.files[1:]}
    # what does not answer the question comes last
    for file in sorted((*known, *others), key=is_submission):
        if file in groups:  # read together with the first one, and said there
            continue
        mention = mentions(file, samples)
        # texts and JSON beside images are often something else: read-me, licence, settings
        if file in known or mention.found or file.name.lower().endswith(SURE_TABLES):
            reasons.append(_reason(file, mention, unread))
    return reasons


def _samples(root: Path) -> list[Sample]:
    return sample_images(root, ['.', *subfolders(root)])


def _reason(file: Path, mention: Mention, unread: Sequence[Unread]) -> str:
    item = next((item for item in unread if file in item.files), None)
    why = None if item is None else str(item.reason)
    if item is not None and len(item.files) > 1:
        why = f'{", ".join(map(str, item.files))} are read together: {why}'
    if why is None and file.suffix.lower() not in TABLE_SUFFIXES:
        why = (
            f'{file} is not read: {file.suffix} is not a format of tables here; save it as CSV, '
            'with a column for the class'
        )
    if why is None:
        why = f'{file} is not read by itself, because it lies in a folder of its own; give its path'
    return why if is_submission(file) else why + _advice(file, mention)


def _advice(file: Path, mention: Mention) -> str:
    """How to name the columns of a table, with the names that it has."""
    header = read_header(file)
    if mention.column is None or mention.column >= len(header) or len(header) < 2:
        return ''
    path = header[mention.column]
    if mention.one_hot:
        return (
            f'; it is a one-hot table, one column per class ({some(mention.one_hot)}), which is not read: write a table of '
            f'two columns, {path!r} and the name of the column that holds the 1, and give its path'
        )
    try:
        label = Columns(path=path).find(header, str(file))['class']
    except DataError:
        others = [name for name in header if name != path]
        label = others[0] if len(others) == 1 else 'COLUMN'
    more = (
        f' with one of {some([repr(name) for name in header if name != path])} as COLUMN'
        if label == 'COLUMN'
        else ''
    )
    return f"; its images are in the column {path!r}: give '{file}#path={path},class={label}'{more}"
