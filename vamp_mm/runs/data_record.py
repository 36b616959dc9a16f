"""What a run was trained and tested on: lists and a note in its work directory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.datasets import DataError, FewShotDataset, FewShotWrapper, Item, Split
from vamp_mm.datasets.class_splits import class_range
from vamp_mm.datasets.image_audit import audit_images
from vamp_mm.datasets.sampling import few_shot_part
from vamp_mm.datasets.sources import AnnotationTable, ImageFolder, SplitFile, SplitSource
from vamp_mm.engine.launch import on_main
from vamp_mm.engine.wrappers import inner_datasets
from vamp_mm.evaluation import SplitTestLoop
from vamp_mm.files import atomic_write, json_bytes
from vamp_mm.progress_bar import progress

from .work_dir import DATA_RECORD

LISTS, NOTE = DATA_RECORD
#: Sources of a user's own data: nobody has looked at these images before.
_OWN = (ImageFolder, AnnotationTable, SplitFile)
#: More images than this are counted, not listed.
_LISTED = 200_000


class DataRecordHook(Hook):
    """Writes down which images a run uses, and looks at them before the run does.

    ``data_split.json`` holds the few-shot subset that was drawn (before base and novel classes are
    told apart), the validation images that are used, and the test list, so that the exact images can
    be audited and used again. Validation images of other data are counted in the note.
    ``data_note.txt`` says in words where they come from. A run that resumes must find the same.

    A user's own data are looked through first: all images must be there, those of the run are
    decoded, and equal files in training and test are counted.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Check and record the training dataset and its test list."""
        dataset = next(_recorded(runner.train_dataloader.dataset), None)
        if dataset is not None:
            loop = runner.test_loop  # built here if it is not yet: all processes have to
            sizes = loop.sizes if isinstance(loop, SplitTestLoop) else {}
            validated = runner.val_loop and next(
                _recorded(runner.val_loop.dataloader.dataset), None
            )
            on_main(lambda: self._record(runner, dataset, validated, sizes))

    def _record(
        self,
        runner: Runner,
        dataset: FewShotDataset | FewShotWrapper,
        validated: FewShotDataset | FewShotWrapper | None,
        tested: Mapping[str, tuple[int, int]],
    ) -> None:
        notes = _validation(dataset, validated)
        if isinstance(dataset, FewShotWrapper):
            lists = dataset.few_shot_lists()
        else:
            split = dataset.source.read(dataset.data_root)
            lists = _used(split, dataset, validated if _same_data(dataset, validated) else None)
            notes += dataset.source.notes(dataset.data_root)
            if isinstance(dataset.source, _OWN):
                notes += _look_through(split, lists, dataset)
        text = _note(lists, dataset, [*_targets(tested), *notes])
        for line in text.splitlines():
            (runner.logger.warning if 'WARNING' in line else runner.logger.info)(line)
        _write(Path(runner.work_dir), lists, text, resumed=runner.iter > 0)


def _recorded(dataset: Any) -> Iterator[FewShotDataset | FewShotWrapper]:
    for inner in inner_datasets(dataset):
        if isinstance(inner, (FewShotDataset, FewShotWrapper)):
            yield inner


def _used(
    split: Split, dataset: FewShotDataset, validated: FewShotDataset | None
) -> dict[str, tuple[Item, ...]]:
    """The images of a run: of the training before base and novel classes are told apart, of the validation after it."""
    val: tuple[Item, ...] = ()
    if validated is not None:
        kept = class_range(validated.which, len(split.classes))
        val = tuple(item for item in _drawn(split, validated) if item.label in kept)
    return {'train': _drawn(split, dataset), 'val': val, 'test': split.test}


def _drawn(split: Split, dataset: FewShotDataset) -> tuple[Item, ...]:
    if dataset.shots < 1:
        return split.part(dataset.split)
    return few_shot_part(split, dataset.split, dataset.shots, dataset.seed, dataset.allow_short)


def _same_data(
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


def _settings(source: SplitSource) -> tuple[Any, ...]:
    """What the lists of a source depend on; sentences for prompts do not."""
    return type(source), {key: value for key, value in vars(source).items() if key != 'templates'}


def _validation(
    dataset: FewShotDataset | FewShotWrapper, validated: FewShotDataset | FewShotWrapper | None
) -> list[str]:
    """A line about the validation images where they or their number do not follow from the training set."""
    if validated is None:
        return []
    what = f'validated on {len(validated)} images of the {validated.split} split'
    if not _same_data(dataset, validated):
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


def _look_through(
    split: Split, lists: Mapping[str, Sequence[Item]], dataset: FewShotDataset
) -> list[str]:
    chosen = [item.path for items in lists.values() for item in items]
    folder = os.path.join(dataset.data_root, dataset.source.image_folder)
    everything = {part: split.part(part) for part in ('train', 'val', 'test')}
    if split.val_is_test:
        del everything['val']
    audit = audit_images(
        folder, everything, chosen,
        watch=lambda paths: progress(paths, len(paths), 'looking at the images', enabled=is_main_process()),
    )  # fmt: skip
    faults = audit.faults()
    if dataset.unreadable == 'skip' and not audit.missing:
        return audit.notes() + [f'{fault}; they are left out' for fault in faults]
    if faults:
        raise DataError(
            '\n  - '.join([f'{folder} has images that cannot be used:', *faults])
            + '\nReplace the files; or leave unreadable ones out with --cfg-options '
            'train_dataloader.dataset.unreadable=skip test_dataloader.dataset.unreadable=skip'
        )
    return audit.notes()


def _note(
    lists: Mapping[str, Sequence[Item]],
    dataset: FewShotDataset | FewShotWrapper,
    notes: Sequence[str],
) -> str:
    meta = dataset.metainfo
    if isinstance(dataset, FewShotWrapper):
        source = f'{type(dataset.wrapped).__name__} in FewShotWrapper'
    else:
        folder = os.path.join(os.path.abspath(dataset.data_root), dataset.source.image_folder)
        source = (
            f'{os.path.normpath(folder)} ({type(dataset.source).__name__}{_files(dataset.source)})'
        )
    shots = 'all images' if dataset.shots < 1 else f'{dataset.shots} a class, seed {dataset.seed}'
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


def _names(classes: Sequence[str]) -> str:
    """Class names in one line; in quotes where a comma inside one could be taken for one between two."""
    plain = not any(',' in name or '"' in name for name in classes)
    return ', '.join(name if plain else json.dumps(name, ensure_ascii=False) for name in classes)


def _count(part: str, items: Sequence[Item], dataset: FewShotDataset | FewShotWrapper) -> str:
    """How many images a list has, and how many of them are trained on where that is a half of the classes."""
    count = f'{len(items)} images'
    if dataset.which == 'all':
        return count
    if part == 'val':  # listed after the class split
        return f'{count} of {len({item.label for item in items})} classes'
    count += f' of all {len({item.label for item in items})} classes'
    return count + (f', {len(dataset)} of them trained on' if part == 'train' else '')


def _targets(tested: Mapping[str, tuple[int, int]]) -> list[str]:
    """Lines for the datasets that are tested on, where the protocol names some (``<dataset>/<split>``)."""
    return [
        f'tested on {name}: {images} images of {classes} classes'
        for name, (images, classes) in tested.items() if '/' in name
    ]  # fmt: skip


def _files(source: SplitSource) -> str:
    """Files that a source reads its lists from, for the note."""
    if isinstance(source, SplitFile):
        return f' {source.file}'
    if isinstance(source, AnnotationTable):
        return f' {source.files if isinstance(source.files, str) else ", ".join(source.files.values())}'
    return ''


def _write(work_dir: Path, lists: Mapping[str, Sequence[Item]], note: str, resumed: bool) -> None:
    listed = sum(map(len, lists.values())) <= _LISTED
    data = json_bytes(lists, indent=1, ascii_only=False) if listed else b''
    there = work_dir / LISTS
    if resumed and there.is_file() and listed and there.read_bytes() != data:
        raise DataError(
            f'the images, their labels or the few-shot subset are not those of {there}, which an '
            'earlier start of this run recorded: the data or the options have changed. Put them '
            'back, or choose another --work-dir'
        )
    if listed:
        atomic_write(data, there)
    elif not resumed:  # of a start that failed, with other data
        there.unlink(missing_ok=True)
    atomic_write(note.encode('utf-8', 'backslashreplace'), work_dir / NOTE)
