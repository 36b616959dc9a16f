"""Lists of a dataset of the benchmark, by its name."""

from __future__ import annotations

import os.path as osp
import random
from pathlib import Path

from mmengine.logging import MMLogger

from vamp_mm.registry import TASK_UTILS

from ..digests import list_digest
from ..errors import DataError
from ..split_reading import read_split
from ..split_writing import write_split
from ..splits import PARTS, Item, Split, make_split
from .base import SplitSource
from .catalog import catalog_row
from .catalog_fields import CatalogRow, Counts
from .official_files import Lists, OfficialFiles
from .recipes import PUBLISHED_SEED, complete


@TASK_UTILS.register_module()
class CatalogSource(SplitSource):
    """A row of the :data:`~vamp_mm.datasets.sources.catalog.CATALOG`.

    - The published split file, where there is one: labels and class names come from it alone.
    - Else, where the official annotations give the published lists exactly, they are regenerated
      with a private generator and compared with the fingerprint of the published ones.
    - Else the published file is asked for (DTD, EuroSAT, Food101: their authors' directory order is
      lost), unless ``new_split`` asks for lists of one's own.
    - FGVCAircraft, ImageNet and its variants have official lists or folders and need no split file.
      Images of a folder are sorted by name.

    Args:
        name: Name of the row.
        new_split: Where the published file is missing, make a new split of what is there, and warn.
            It is kept in ``split_new_<name>.json`` in the data root; where that cannot be written,
            the same lists are made again each time. Numbers on it are not comparable with papers'.

    Raises:
        ValueError: If there is no such row, or it has nothing to split again.
    """

    def __init__(self, name: str, new_split: bool = False) -> None:
        self.row = catalog_row(name)
        if new_split and not self.row.can_split_anew:
            raise DataError(
                f'new_split=True has no meaning for {name!r}: its lists are official; leave it out'
            )
        self.new_split = new_split
        self.image_folder = self.row.image_folder
        self.templates = (self.row.template,)
        self.hint = self.row.hint

    def read(self, data_root: str) -> Split:
        """Read the lists; see :meth:`SplitSource.read`."""
        row = self.row
        if row.split_file is None:
            return self._official(data_root)
        file = osp.join(data_root, row.split_file)
        if osp.isfile(file):
            return self._published(file)
        if self.new_split:
            return self._new(data_root)
        if row.regenerates:
            return self._regenerated(data_root)
        raise FileNotFoundError(self._refusal(file))

    def _published(self, file: str) -> Split:
        split = read_split(file)
        wrong = _differences(split, self.row)
        if wrong:
            _log().warning(f'{file} is not the published split of {self.row.title}: {wrong}')
        return split

    def _official(self, data_root: str) -> Split:
        split = self._make(self._read_official(data_root), data_root)
        if len(split.classes) != self.row.counts.classes:
            raise DataError(
                f'{self.row.title} in {osp.abspath(data_root)} has {len(split.classes)} classes, '
                f'expected {self.row.counts.classes}. {self.hint}'
            )
        wrong = _differences(split, self.row)
        if wrong:
            _log().warning(
                f'{self.row.title} in {data_root} is not complete or has more than it should: {wrong}'
            )
        return split

    def _regenerated(self, data_root: str) -> Split:
        row = self.row
        lists = complete(self._read_official(data_root), random.Random(PUBLISHED_SEED))
        split = self._make(lists, data_root)
        wrong = _differences(split, row)
        if wrong:
            raise DataError(
                f'the official files of {row.title} in {osp.abspath(data_root)} do not give the '
                f'published lists: {wrong}. They were changed, or are incomplete. Get '
                f'{row.split_file}, or ask for lists of your own with --new-split. {self.hint}'
            )
        _log().info(
            f'{row.title}: {row.split_file} is not there; regenerated its lists from the official '
            'files, equal to the published ones'
        )
        return split

    def _new(self, data_root: str) -> Split:
        file = osp.join(data_root, f'split_new_{self.row.name}.json')
        note = f'its numbers are not those of papers, which use {self.row.split_file}'
        if osp.isfile(file):
            _log().warning(f'{self.row.title}: the own split {file} is used; {note}')
            return read_split(file)
        files = self._read_official(data_root)
        split = self._make(complete(files, random.Random(PUBLISHED_SEED)), data_root)
        try:
            write_split(split, file)
        except OSError as error:
            kept = f'not kept ({error}); it is made again in the same way each time'
        else:
            kept = f'kept in {file}'
        _log().warning(f'{self.row.title}: made a new split, {kept}; {note}')
        return split

    def _read_official(self, data_root: str) -> Lists:
        assert self.row.reader is not None
        return self.row.reader(
            OfficialFiles(Path(data_root), self.row.image_folder, self._wanted())
        )

    def _make(self, lists: Lists, data_root: str) -> Split:
        row = self.row
        named = {
            part: [Item(path, label, row.class_name(name)) for path, label, name in items]
            for part, items in lists.items()
        }
        return make_split(
            named,
            f'{row.title} in {data_root}',
            required=('test',) if row.counts.train is None else ('train', 'test'),
            val_is_test=row.val_is_test,
            homonyms=row.homonyms,
        )

    def _wanted(self) -> str:
        if self.row.regenerates:
            return f'Without {self.row.split_file} the official files are needed. {self.hint}'
        return self.hint

    def _refusal(self, file: str) -> str:
        message = f'split file {osp.abspath(file)} does not exist. {self.hint}'
        if self.row.reader is None:
            return message
        return (
            f'{message} It cannot be regenerated: the lists follow a directory order that is lost. '
            f'--new-split (source=dict(type="CatalogSource", name={self.row.name!r}, '
            'new_split=True)) makes new lists, whose numbers are not comparable with those of papers'
        )


def _differences(split: Split, row: CatalogRow) -> str:
    """What distinguishes lists from the published ones; empty if nothing that is known does."""
    found = Counts(len(split.classes), *(len(split.part(part)) for part in PARTS))
    wrong = [
        f'{got} {"classes" if key == "classes" else f"{key} images"}, published {wanted}'
        for key, got, wanted in zip(Counts._fields, found, row.counts, strict=True)
        if wanted is not None and got != wanted
    ]
    if not wrong:
        wrong = [
            f'the {part} list differs'
            for part, digest in zip(PARTS, row.digests, strict=False)
            if digest and not list_digest(split.part(part)).startswith(digest)
        ]
    return '; '.join(wrong)


def _log() -> MMLogger:
    return MMLogger.get_current_instance()
