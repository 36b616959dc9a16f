"""Whether folders are called and filled like classes, or like something else that lies in a data set."""

from __future__ import annotations

import os.path as osp
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vamp_mm.messages import some

from ..errors import DataError
from .columns import PART_NAMES
from .scan import has_images, iter_images, subfolders

#: Words of which names of folders are made that archives are unpacked into.
_ARCHIVE_WORDS = frozenset({
    'image', 'images', 'img', 'imgs', 'pic', 'pics', 'picture', 'pictures', 'photos', 'jpg', 'jpgs', 'jpeg', 'jpegs',
    'jpegimages', 'png', 'pngs', 'tif', 'tiff', 'frame', 'frames', 'data', 'dataset', 'datasets', 'part', 'parts', 'batch',
    'batches', 'chunk', 'chunks', 'shard', 'shards', 'fold', 'folds', 'split', 'splits', 'set', 'sets', 'subset', 'folder',
    'folders', 'dir', 'archive', 'archives', 'volume', 'vol', 'disc', 'patient', 'patients', 'subject', 'subjects',
    'participant', 'case', 'cases', 'study', 'session', 'scan', 'scans', 'slide', 'slides', 'unlabeled', 'unlabelled',
    'extra', 'all', 'raw', 'resized', 'cropped', 'original', 'originals', 'augmented', 'aug', 'full', 'input', 'inputs',
    'new', 'old', 'and', 'of', 'the'})  # fmt: skip
_PART_WORDS = frozenset(
    {*PART_NAMES, 'eval', 'evaluation', 'trainval', 'holdout', 'pred', 'prediction', 'predictions'}
)
#: Folders of pictures that say something about the images beside them.
MASK_FOLDERS = frozenset({
    'masks', 'annotations', 'annotation', 'segmentation', 'segmentations', 'groundtruth', 'ground_truth', 'ground truth',
    'trimaps', 'heatmaps', 'bboxes', 'labels', 'segmaps', 'depthmaps'})  # fmt: skip
_MASK_WORDS = frozenset({'mask', 'gt', 'ground', 'truth', 'seg', 'label', 'bbox', *MASK_FOLDERS})


class WhichError(DataError):
    """Folders that could be read in several ways; the message says how to choose one."""


def doubts(root: Path, tops: Sequence[str], whole: Path) -> DataError | None:
    """What speaks against taking folders for classes.

    No message advises to use one part as a data set of its own: its images would be divided into train, val and test.

    Args:
        root: The folder that holds them.
        tops: Names of the folders in it that hold images.
        whole: Folder of the data set: ``root``, or the folder of which ``root`` is a part.

    Returns:
        The error to raise, None if nothing speaks against it.
    """
    called = called_like_parts(tops)
    firsts = {top: next(iter_images(root / top), None) for top in tops}
    deep = [top for top, first in firsts.items() if first is not None and '/' in first]
    below = {
        top: tuple(name for name in subfolders(root / top) if has_images(root / top / name))
        for top in deep
    }
    levels = below if len(deep) == len(tops) else None
    return (
        _above_parts(root, levels, whole) or _masks(root, tops, below, whole) or _domains(root, levels, whole)
        or (called and DataError(
            f'as class folders: {some(called)} in {root} {"is" if len(called) == 1 else "are"} called like parts of a '
            f"data set and not like classes; give a table of the classes, or '{whole}#level=1' if these folders "
            'are the classes all the same'))
        or _nested(root, tops, below, whole) or _two_levels(root, levels, whole)
    )  # fmt: skip


def _words(name: str) -> list[str]:
    """``HAM10000_imagesPart1`` -> ham, #, images, part, #."""
    parts = re.findall(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+', name)
    return ['#' if part.isdecimal() else part.lower() for part in parts]


def called_like_parts(names: Sequence[str]) -> list[str]:
    """The names that are those of parts, batches or patients; none if they only look a little so."""
    words = {name: _words(name) for name in names}
    plain = _ARCHIVE_WORDS | _PART_WORDS | _MASK_WORDS | {'#'}
    if all(set(found) <= plain and set(found) != {'#'} and found for found in words.values()):
        return list(names)
    if all(set(found) & _PART_WORDS for found in words.values()):
        return list(names)
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, found in words.items():
        # seg_train and seg_test are alike but for the part, images_1 and images_2 but for the number
        alike = tuple('train' if word in _PART_WORDS else word for word in found)
        if ('#' in found and set(found) & _ARCHIVE_WORDS) or (len(found) > 1 and 'train' in alike):
            groups.setdefault(alike, []).append(name)
    return next((group for group in groups.values() if len(group) > 1), [])


def _above_parts(
    root: Path, levels: Mapping[str, Sequence[str]] | None, whole: Path
) -> DataError | None:
    if not levels or not all(
        name.lower() in PART_NAMES for names in levels.values() for name in names
    ):
        return None
    parts = sorted({name for names in levels.values() for name in names})
    return WhichError(
        f'{root}: the folders {some(list(levels))} hold {some(parts)}, so classes lie above parts, and training and test '
        f'images would be mixed; move them to {root}/{parts[0]}/{next(iter(levels))} and so on, or give '
        f"'{whole}#level=1' to put the parts together and divide every class again"
    )


def _masks(
    root: Path, tops: Sequence[str], below: Mapping[str, Sequence[str]], whole: Path
) -> DataError | None:
    """Pictures about the images beside them: folders of masks beside the classes, or in each class."""
    masks = [name for name in tops if name.lower() in MASK_FOLDERS]
    others = [name for name in tops if name not in masks]
    inner = sorted({name for top, names in below.items() if top not in masks for name in names})
    if any(name.lower() in MASK_FOLDERS for name in inner) and called_like_parts(inner):
        found = [name for name in inner if name.lower() in MASK_FOLDERS]
        return DataError(
            f'as class folders: {some(tops)} in {root} hold {some(inner)}, and pictures in {some(found)} would count as '
            f'images of the class; move the folders {some(found)} out of {root}'
        )
    if not masks or not others or (len(others) == 1 and others[0] not in below):
        return None
    if len(others) == 1 and root == whole:
        next_step = f'give {osp.join(root, others[0])} if the classes are the folders in it'
    else:
        next_step = f'move {some(masks)} out of it'
    return WhichError(
        f'{root} holds {some(masks)} beside {some(others)}, so their pictures would be a class of their own; {next_step}, '
        f"or give '{whole}#level=1' if these folders are the classes all the same"
    )


def _nested(
    root: Path, tops: Sequence[str], below: Mapping[str, Sequence[str]], whole: Path
) -> DataError | None:
    """A copy of the whole, or more of it, in a folder beside the classes."""
    names = {name.casefold() for name in tops}
    for top, inner in below.items():
        again = [name for name in inner if name.casefold() in names and name != top]
        if again:
            return WhichError(
                f'{root} holds {some(again)} on two levels, directly and in {top}, which is then no class; move {top} '
                f"out of it, or give '{whole}#level=1' if {top} is a class all the same"
            )
    return None


def _domains(
    root: Path, levels: Mapping[str, Sequence[str]] | None, whole: Path
) -> DataError | None:
    if not levels or len(levels) < 2:
        return None
    sets = [{name.casefold() for name in names} for names in levels.values()]
    common = set.intersection(*sets)
    if len(common) < 2 or 2 * len(common) < max(map(len, sets)):
        return None
    shown = [name for name in next(iter(levels.values())) if name.casefold() in common]
    if root == whole:
        one = f'one of them ({" or ".join(f"--dataset {_quoted(osp.join(root, name))}" for name in list(levels)[:4])}), '
    else:
        one = ''
    return WhichError(
        f'{root} holds domains and not classes: {some(list(levels))} have the same folders in them ({some(shown)}); '
        f"give {one}'{whole}#level=2' for the images of all of them together{', train and test apart' if not one else ''}, "
        f"or '{whole}#level=1' if they are the classes all the same"
    )


def _two_levels(
    root: Path, levels: Mapping[str, Sequence[str]] | None, whole: Path
) -> DataError | None:
    if not levels or 2 * sum(len(names) > 1 for names in levels.values()) < len(levels):
        return None
    top, names = next((top, names) for top, names in levels.items() if len(names) > 1)
    return WhichError(
        f'{root} holds two levels of folders, such as {top} with {some(names)} in it, and either could be the classes; '
        f"give '{whole}#level=1' if the classes are {some(list(levels))}, or '{whole}#level=2' if they are the folders in "
        'these'
    )


def _quoted(path: str) -> str:
    return path if re.fullmatch(r'[\w/.~+-]+', path) else f"'{path}'"
