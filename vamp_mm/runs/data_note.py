"""The note on the data of a run: in words, for people."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from vamp_mm.datasets import FewShotDataset, FewShotWrapper, Item
from vamp_mm.datasets.sources import AnnotationTable, SplitFile, SplitSource

from .work_dir import DATA_RECORD

LISTS, NOTE = DATA_RECORD


def note_of(
    lists: Mapping[str, Sequence[Item]],
    dataset: FewShotDataset | FewShotWrapper,
    notes: Sequence[str],
) -> str:
    """Write the note.

    Args:
        lists: Part -> its images.
        dataset: What is trained on.
        notes: Further lines.

    Returns:
        Lines that name the source, the prompts, the classes and the number of images.
    """
    meta = dataset.metainfo
    if isinstance(dataset, FewShotWrapper):
        source = f'{type(dataset.wrapped).__name__} in FewShotWrapper'
    else:
        folder = os.path.join(os.path.abspath(dataset.data_root), dataset.source.image_folder)
        source = (
            f'{os.path.normpath(folder)} ({type(dataset.source).__name__}{_files(dataset.source)})'
        )
    shots = 'all images' if dataset.shots < 1 else f'{dataset.shots} per class, seed {dataset.seed}'
    lines = [
        f'data: {meta["dataset_name"]}, {source}',
        f'prompts: {" | ".join(meta["templates"])}',
        f'classes trained on ({meta["class_split"]}): {len(meta["classes"])}: '
        f'{_names(meta["classes"])}',
        f'few-shot subset: {shots}',
        *(f'{part}: {_count(part, items, dataset)}' for part, items in lists.items() if items),
        *notes,
    ]
    return '\n'.join(lines) + '\n'


def lines_of_validation(
    dataset: FewShotDataset | FewShotWrapper, validated: FewShotDataset | FewShotWrapper | None
) -> list[str]:
    """A line about the validation images where they or their number do not follow from the training set."""
    if validated is None:
        return []
    what = f'validated on {len(validated)} images of the {validated.split} split'
    if not same_data(dataset, validated):
        place = (
            ''
            if isinstance(validated, FewShotWrapper)
            else f' in {os.path.abspath(validated.data_root)}'
        )
        return [
            f'{what} of {validated.metainfo["dataset_name"]}{place}, which are not listed in {LISTS}'
        ]
    if (validated.shots, validated.seed, validated.which) == (
        dataset.shots,
        dataset.seed,
        dataset.which,
    ):
        return []
    shots = (
        'all images' if validated.shots < 1 else f'shots={validated.shots}, seed {validated.seed}'
    )
    return [f'{what}: {shots}, {validated.which} classes']


def lines_of_targets(tested: Mapping[str, tuple[int, int]]) -> list[str]:
    """Lines for the datasets that are tested on, where the protocol names some (``<dataset>/<split>``)."""
    return [
        f'tested on {name}: {images} images of {classes} classes'
        for name, (images, classes) in tested.items() if '/' in name
    ]  # fmt: skip


def same_data(
    dataset: FewShotDataset | FewShotWrapper, validated: FewShotDataset | FewShotWrapper | None
) -> bool:
    """Whether the validation images are those of the ``val`` list of the data that are trained on."""
    if not isinstance(dataset, FewShotDataset) or not isinstance(validated, FewShotDataset):
        return False
    same_place = os.path.realpath(dataset.data_root) == os.path.realpath(validated.data_root)
    return (
        same_place
        and validated.split == 'val'
        and _settings(dataset.source) == _settings(validated.source)
    )


def _names(classes: Sequence[str]) -> str:
    """Class names in one line; in quotes where a comma inside a name could be read as a separator."""
    plain = not any(',' in name or '"' in name for name in classes)
    return ', '.join(name if plain else json.dumps(name, ensure_ascii=False) for name in classes)


def _count(part: str, items: Sequence[Item], dataset: FewShotDataset | FewShotWrapper) -> str:
    """How many images a list has, and how many of them are trained on where that is half of the classes."""
    count = f'{len(items)} images'
    if dataset.which == 'all':
        return count
    if part == 'val':  # listed after the class split
        return f'{count} of {len({item.label for item in items})} classes'
    count += f' of all {len({item.label for item in items})} classes'
    return count + (f', {len(dataset)} of them trained on' if part == 'train' else '')


def _files(source: SplitSource) -> str:
    """Files that a source reads its lists from, for the note."""
    if isinstance(source, SplitFile):
        return f' {source.file}'
    if isinstance(source, AnnotationTable):
        return f' {source.files if isinstance(source.files, str) else ", ".join(source.files.values())}'
    return ''


def _settings(source: SplitSource) -> tuple[Any, ...]:
    """What the lists of a source depend on; sentences for prompts do not."""
    return type(source), {key: value for key, value in vars(source).items() if key != 'templates'}
