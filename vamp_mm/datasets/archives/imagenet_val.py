"""Class folders of ImageNet's validation images, which come in one flat archive."""

from __future__ import annotations

import csv
import io
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError

#: Files that give the labels; any of them is enough.
LABEL_FILES = ('LOC_val_solution.csv', 'ILSVRC2012_devkit_t12.tar.gz')
_NAME = 'ILSVRC2012_val_{:08d}.JPEG'


def validation_classes(folders: Sequence[Path]) -> dict[str, str]:
    """File name of every validation image -> its class folder (wnid).

    Args:
        folders: Where one of :data:`LABEL_FILES` may lie.

    Returns:
        50,000 names in the official data.

    Raises:
        DataError: If there is no such file, or it cannot be read.
    """
    for folder in folders:
        table, kit = (folder / name for name in LABEL_FILES)
        if table.is_file():
            return _from_table(table)
        if kit.is_file():
            return _from_kit(kit)
    raise DataError(
        'the validation images of ImageNet come without class folders. Put one of these beside the archives: '
        'ILSVRC2012_devkit_t12.tar.gz (from the page of the images), or LOC_val_solution.csv (from Kaggle)'
    )


def _from_table(file: Path) -> dict[str, str]:
    with file.open(encoding='utf-8', newline='') as stream:
        rows = list(csv.DictReader(stream))
    if not rows or not {'ImageId', 'PredictionString'} <= rows[0].keys():
        raise DataError(f'{file} must have the columns ImageId and PredictionString')
    return {f'{row["ImageId"]}.JPEG': row['PredictionString'].split()[0] for row in rows}


def _from_kit(file: Path) -> dict[str, str]:
    import mat4py  # needed for this file only

    truth, meta = 'ILSVRC2012_validation_ground_truth.txt', 'meta.mat'
    found: dict[str, bytes] = {}
    with tarfile.open(file) as archive:
        for info in archive:
            name = Path(info.name).name
            stream = archive.extractfile(info) if info.isfile() and name in (truth, meta) else None
            if stream is not None:
                found[name] = stream.read()
    if len(found) != 2:
        raise DataError(f'{file} does not hold {truth} and {meta}: download it again')
    with tempfile.NamedTemporaryFile(suffix='.mat') as copy:
        copy.write(found[meta])
        copy.flush()
        synsets = mat4py.loadmat(copy.name)['synsets']
    wnids = dict(zip(synsets['ILSVRC2012_ID'], synsets['WNID'], strict=True))
    labels = [int(line) for line in io.StringIO(found[truth].decode()) if line.strip()]
    return {_NAME.format(index): wnids[label] for index, label in enumerate(labels, 1)}
