"""What a run was trained and tested on: lists and a note in its work directory."""

from __future__ import annotations

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
from vamp_mm.datasets.sources import AnnotationTable, ImageFolder, SplitFile
from vamp_mm.engine.launch import on_main
from vamp_mm.engine.wrappers import inner_datasets
from vamp_mm.evaluation import SplitTestLoop
from vamp_mm.files import atomic_write, json_bytes
from vamp_mm.progress_bar import progress

from .data_note import LISTS, NOTE, lines_of_targets, lines_of_validation, note_of, same_data

#: Sources of a user's own data: these images have not been checked before.
_OWN = (ImageFolder, AnnotationTable, SplitFile)
#: More images than this are counted, not listed.
_LISTED = 200_000


class DataRecordHook(Hook):
    """Writes down which images a run uses, and looks at them before the run does.

    ``data_split.json`` holds the few-shot subset that was drawn (before base and novel classes are
    separated), the validation images that are used, and the test list, so that the exact images can
    be audited and used again. Validation images of other data are counted in the note.
    ``data_note.txt`` gives in words where they come from. A run that resumes must find the same.

    A user's own data are checked first: all images must be there, those of the run are
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
        notes = lines_of_validation(dataset, validated)
        if isinstance(dataset, FewShotWrapper):
            lists = dataset.few_shot_lists()
        else:
            split = dataset.source.read(dataset.data_root)
            lists = _used(split, dataset, validated if same_data(dataset, validated) else None)
            notes += dataset.source.notes(dataset.data_root)
            if isinstance(dataset.source, _OWN):
                notes += _look_through(split, lists, dataset)
        text = note_of(lists, dataset, [*lines_of_targets(tested), *notes])
        for line in text.splitlines():
            if 'WARNING' in line:  # the log says so itself
                runner.logger.warning(line.replace('WARNING: ', '', 1))
            else:
                runner.logger.info(line)
        _write(Path(runner.work_dir), lists, text, resumed=runner.iter > 0)


def _recorded(dataset: Any) -> Iterator[FewShotDataset | FewShotWrapper]:
    for inner in inner_datasets(dataset):
        if isinstance(inner, (FewShotDataset, FewShotWrapper)):
            yield inner


def _used(
    split: Split, dataset: FewShotDataset, validated: FewShotDataset | None
) -> dict[str, tuple[Item, ...]]:
    """The images of a run: of the training before base and novel classes are separated, of the validation after it."""
    val: tuple[Item, ...] = ()
    if validated is not None:
        kept = class_range(validated.which, len(split.classes))
        val = tuple(item for item in _drawn(split, validated) if item.label in kept)
    return {'train': _drawn(split, dataset), 'val': val, 'test': split.test}


def _drawn(split: Split, dataset: FewShotDataset) -> tuple[Item, ...]:
    if dataset.shots < 1:
        return split.part(dataset.split)
    return few_shot_part(split, dataset.split, dataset.shots, dataset.seed, dataset.allow_short)


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
