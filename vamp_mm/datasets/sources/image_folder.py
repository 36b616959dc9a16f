"""Lists from folders named after classes."""

from __future__ import annotations

import os.path as osp
from collections.abc import Mapping, Sequence
from pathlib import Path

from vamp_mm.arguments import Seed
from vamp_mm.messages import some
from vamp_mm.registry import TASK_UTILS

from ..errors import DataError
from ..image_files import is_image
from ..read_once import once
from ..splits import Item, Split, make_split
from .base import DEFAULT_TEMPLATE, OWN_HINT, SplitSource
from .beside import left_unread
from .class_doubts import MASK_FOLDERS
from .columns import PART_NAMES
from .divide import divide
from .names import check_names, tidy_name
from .parts import VAL_IS_TEST, check_same_classes
from .scan import endings, files, list_files, subfolders

_VAL_NAMES = tuple(name for name, part in PART_NAMES.items() if part == 'val')


@TASK_UTILS.register_module()
class ImageFolder(SplitSource):
    """One folder of images for each class, with the parts laid out or made.

    A class is called as its folder; its label is the place of that folder among the sorted names
    (by code point, as in torchvision and mmpretrain). Images lie anywhere below the class folder
    and are listed in sorted order. Hidden files and folders are passed over, files that are no
    images by their ending are left out and counted in :meth:`notes`.

    Either the parts have folders of their own, each with the same class folders::

        ImageFolder(train='train', val='val', test='test')

    or one tree is divided 50/20/30 (:func:`~vamp_mm.datasets.sources.divide.divide`)::

        ImageFolder(undivided='.', split_seed=1)

    With ``test`` alone the data serve for testing only.

    Args:
        train: Folder of the training images, relative to the data root.
        val: Folder of the validation images, if there are any.
        test: Folder of the test images.
        undivided: Folder of a tree that has no parts yet; excludes the three others.
        split_seed: Seed of the division. It is not the seed of the few-shot subset, so that runs of
            several seeds test on the same images.
        templates: Sentences with one ``{}`` for the class name.
        level: How many levels below these folders the class folders lie. With 2 the folders between
            are put together: those of one name in several of them are one class.

    Raises:
        ValueError: If the folders contradict each other, or the level is not an integer of at least 1.
    """

    hint = OWN_HINT

    def __init__(
        self,
        train: str | None = None,
        val: str | None = None,
        test: str | None = None,
        undivided: str | None = None,
        split_seed: Seed = 1,
        templates: str | Sequence[str] = DEFAULT_TEMPLATE,
        level: int = 1,
    ) -> None:
        parts = {'train': train, 'val': val, 'test': test}
        self.parts = {part: folder for part, folder in parts.items() if folder is not None}
        if bool(self.parts) == (undivided is not None) or (self.parts and test is None):
            raise ValueError(
                f'train={train!r}, val={val!r}, test={test!r}, undivided={undivided!r}: give test '
                'and, if there are any, train and val; or undivided alone'
            )
        if type(level) is not int or level < 1:
            raise ValueError(
                f'level={level!r} must be an integer from 1 on: 1 for the folders directly inside'
            )
        self.undivided, self.split_seed, self.level = undivided, split_seed, level
        self.templates = (templates,) if isinstance(templates, str) else tuple(templates)

    def read(self, data_root: str) -> Split:
        """List the folders; see :meth:`SplitSource.read`."""
        return self._read(data_root)[0]

    def notes(self, data_root: str) -> tuple[str, ...]:
        """What was left out or made; see :meth:`SplitSource.notes`."""
        root = Path(data_root).expanduser()
        folders = [self.undivided] if self.undivided is not None else list(self.parts.values())
        split, found = self._read(data_root)
        return (
            *found,
            *_nameless(split.classes),
            *left_unread(root, (), 'the class folders', folders),
        )

    def _read(self, data_root: str) -> tuple[Split, list[str]]:
        return once('folder', data_root, repr(vars(self)), lambda: self._read_now(data_root))

    def _read_now(self, data_root: str) -> tuple[Split, list[str]]:
        root = self.require(osp.expanduser(data_root), 'data root')
        notes: list[str] = []
        if self.undivided is not None:
            classes = self._classes(root, self.undivided, notes)
            notes.append(
                f'there is no train/ and test/, so every class was divided 50/20/30 into train, '
                f'val and test with the seed {self.split_seed}'
            )
            lists = divide(classes, self.split_seed, osp.join(root, self.undivided))
            return make_split(lists, root), notes
        trees = {
            part: self._classes(root, folder, notes) for part, folder in self.parts.items()
        }  # fmt: skip
        if osp.basename(osp.normpath(self.parts['test'])) in _VAL_NAMES:
            notes.append(VAL_IS_TEST)
        required = tuple(part for part in ('train', 'test') if part in self.parts)
        return make_split(_labelled(trees, root), root, required=required), notes

    def _classes(self, root: str, folder: str, notes: list[str]) -> dict[str, list[str]]:
        """Class name -> paths relative to the data root, both sorted."""
        where = osp.normpath(osp.join(root, folder))
        self.require(where, 'folder')
        classes: dict[str, list[str]] = {}
        others: list[str] = []
        masks: list[str] = []
        between = _folders_above(where, self.level)
        for above in between:
            for name in subfolders(osp.join(where, above)):
                found = list_files(osp.join(where, above, name))
                prefix = above if folder == '.' else f'{folder.rstrip("/")}/{above}'
                paths = [f'{prefix}{name}/{path}' for path in found.images]
                classes.setdefault(tidy_name(name), []).extend(paths)
                others += [f'{above}{name}/{path}' for path in found.others]
                masks += [f'{above}{name}/{path}' for path in _mask_folders(found.images)]
        _check_tree(classes, where)
        if masks:
            raise DataError(
                f'{where}: the class folders hold folders that are called like masks or annotations, whose '
                f'pictures would count as images of the class: {some(masks)}. Move them out of {where}'
            )
        if others:
            notes.append(
                f'{len(others)} file(s) under {where} are not images and were left out: '
                f'{endings(tuple(others))}'
            )
        stray = [
            f'{above}{name}'
            for above in between
            for name in files(osp.join(where, above))
            if is_image(name)
        ]
        if stray:
            raise DataError(
                f'{len(stray)} image(s) lie directly in {where}, beside the class folders, so '
                f'their class is unknown: {some(stray)}. Move them into a class folder or away'
            )
        return classes


def _nameless(classes: Sequence[str]) -> list[str]:
    """A warning about classes that are called by numbers."""
    if not all(name.isdecimal() for name in classes):
        return []
    return [
        f'WARNING: the class folders are called by numbers ({some(classes)}), and such names say nothing to CLIP in a '
        'prompt: '
        'rename the folders, or give a table of images and numbers with a file classes.txt beside it, one name a line'
    ]


def _folders_above(where: str, level: int) -> list[str]:
    """Folders that hold the class folders, relative and with a slash at the end; the root is ''."""
    above = ['']
    for _ in range(level - 1):
        above = [f'{top}{name}/' for top in above for name in subfolders(osp.join(where, top))]
    return above


def _mask_folders(paths: Sequence[str]) -> list[str]:
    """Folders below a class folder that are called like those of masks; few images lie so deep."""
    folders = {path.rpartition('/')[0] for path in paths if '/' in path}
    return sorted(name for name in folders if not MASK_FOLDERS.isdisjoint(name.lower().split('/')))


def _check_tree(classes: Mapping[str, Sequence[str]], where: str) -> None:
    empty = [name for name, paths in classes.items() if not paths]
    if not classes:
        raise DataError(
            f'{where} has no class folders; one folder of images for each class is expected'
        )
    if empty:
        raise DataError(
            f'{len(empty)} of {len(classes)} class folders in {where} have no image in them: '
            f'{some(empty)}. Add images, or remove the folders'
        )
    check_names(classes, where)


def _labelled(trees: Mapping[str, Mapping[str, Sequence[str]]], root: str) -> dict:
    """The lists of all parts with labels in the order of all class names."""
    names = sorted({name for tree in trees.values() for name in tree})
    check_names(names, root)
    lists = {
        part: [
            Item(path, label, name)
            for label, name in enumerate(names) for path in tree.get(name, ())
        ]
        for part, tree in trees.items()
    }  # fmt: skip
    check_same_classes(lists, names, root)
    return lists
