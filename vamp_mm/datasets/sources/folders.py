"""Readers of datasets whose labels are folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError
from ..splits import Item
from .official_files import Lists, OfficialFiles

_CALTECH = Path(__file__).with_name('caltech101.json')


def caltech101(files: OfficialFiles) -> Lists:
    """The 8,242 images of Caltech101 in the directory order of the authors of the split.

    The file system that made the published split listed all folders in one odd order of image
    numbers. It was recorded, so neither images nor a listing are needed here.
    """
    recorded = json.loads(_CALTECH.read_text(encoding='utf-8'))
    return dict(all=caltech_items(recorded['order'], recorded['images']))


def caltech_counts() -> dict[str, int]:
    """Folder of Caltech101 -> number of its images, as published; ignored folders left out."""
    return json.loads(_CALTECH.read_text(encoding='utf-8'))['images']


def caltech_items(order: Sequence[int], images: dict[str, int]) -> list[Item]:
    """Images of Caltech101 by a recorded directory order.

    Args:
        order: Image numbers as a directory lists them.
        images: Folder -> number of its images, which are numbered from 1.

    Returns:
        The images, folder after folder.
    """
    return [
        Item(f'{folder}/image_{number:04d}.jpg', label, folder)
        for label, (folder, count) in enumerate(sorted(images.items()))
        for number in order
        if number <= count
    ]


def class_folders(files: OfficialFiles) -> Lists:
    """One folder per class, all images of it; sorted, where the authors' order was their disk's."""
    return dict(
        all=[
            Item(path, label, folder)
            for label, folder in enumerate(files.folders())
            for path in files.images(folder)
        ]
    )


def imagenet(files: OfficialFiles) -> Lists:
    """``train/<wnid>`` and ``val/<wnid>``; images sorted by name, which is our canonical order."""
    return {
        part: _wnid_folders(files, files.folders(folder), folder)
        for part, folder in (('train', 'train'), ('test', 'val'))
    }


def imagenet_variant(files: OfficialFiles) -> Lists:
    """``<wnid>`` folders; the labels count the folders there are, sorted."""
    return dict(test=_wnid_folders(files, files.folders()))


def imagenet_v2(files: OfficialFiles) -> Lists:
    """Folders named by ImageNet's label, 0 to 999."""
    from open_clip import IMAGENET_CLASSNAMES

    folders = files.folders()
    wrong = [name for name in folders if not name.isdecimal() or int(name) > 999]
    if wrong:
        raise DataError(
            f'{files.root / files.image_folder} must hold folders called 0 to 999, found {wrong[:10]}'
        )
    return dict(
        test=[
            Item(path, int(folder), IMAGENET_CLASSNAMES[int(folder)])
            for folder in sorted(folders, key=int)
            for path in files.images(folder)
        ]
    )


def _wnid_folders(files: OfficialFiles, wnids: Sequence[str], *parent: str) -> list[Item]:
    names = imagenet_names()
    unknown = [wnid for wnid in wnids if wnid not in names]
    if unknown:
        place = files.root.joinpath(files.image_folder, *parent)
        raise DataError(
            f'{place} holds folders that are not classes of ImageNet: {unknown[:10]}; expected names '
            "such as 'n01440764'"
        )
    return [
        Item(path, label, names[wnid])
        for label, wnid in enumerate(wnids)
        for path in files.images(*parent, wnid)
    ]


def imagenet_names() -> dict[str, str]:
    """WordNet id -> class name as in CLIP's list, in label order (sorted by id)."""
    from open_clip import IMAGENET_CLASSNAMES
    from timm.data import ImageNetInfo

    return dict(zip(ImageNetInfo().label_names(), IMAGENET_CLASSNAMES, strict=True))
