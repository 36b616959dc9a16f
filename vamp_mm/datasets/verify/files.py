"""Lists against the files on disk."""

from __future__ import annotations

import os.path as osp
import unicodedata
from collections.abc import Mapping

from ..errors import DataError
from ..sources.scan import list_files
from ..splits import PARTS, Split
from .findings import ERROR, NOTE, WARNING, Finding


def listed_files(split: Split, image_root: str) -> dict[str, str]:
    """Every listed image once.

    Args:
        split: The lists.
        image_root: Folder that their paths are relative to.

    Returns:
        Path on disk -> the list (train, val, test) that it is in.
    """
    return {
        osp.normpath(osp.join(image_root, item.path)): part
        for part in PARTS
        if not (part == 'val' and split.val_is_test)
        for item in split.part(part)
    }


def check_files(
    files: Mapping[str, str], image_root: str, hint: str
) -> tuple[list[Finding], list[str]]:
    """Look for the listed images on disk.

    Args:
        files: From :func:`listed_files`.
        image_root: Folder of the images.
        hint: Where the dataset can be downloaded.

    Returns:
        What was found, and the files that are there.
    """
    findings: list[Finding] = []
    try:
        found = list_files(image_root).images if osp.isdir(image_root) else ()
    except DataError as error:
        findings.append(
            Finding(
                ERROR, str(error), 'make it readable; what is in it was not compared with the lists'
            )
        )
        found = ()
    there = {osp.normpath(osp.join(image_root, path)) for path in found}
    missing = [path for path in files if path not in there and not osp.isfile(path)]
    # Case-blind file systems find what others do not: compare with the names as the folder has them.
    odd = [path for path in files if path not in there and path not in set(missing)]
    folded: dict[str, str] = {}
    for path in there:
        folded.setdefault(_fold(path), path)
    meant = {path: folded[_fold(path)] for path in (*missing, *odd) if _fold(path) in folded}
    findings += _missing(missing, len(files), meant, image_root, hint) + _twins(files)
    spare = len(there - files.keys() - set(meant.values()))
    if spare:
        findings.append(Finding(NOTE, f'{spare:,} images on disk are in no list'))
    gone = set(missing)
    return findings, [path for path in files if path not in gone]


def _missing(
    missing: list[str], count: int, meant: Mapping[str, str], root: str, hint: str
) -> list[Finding]:
    findings = []
    gone = tuple(osp.relpath(path, root) for path in missing if path not in meant)
    if gone:
        findings.append(
            Finding(
                ERROR,
                f'{len(gone):,} of {count:,} listed images are missing under {osp.abspath(root)}',
                f'unpack the images there (`vamp_mm prepare` does, for the benchmark). {hint}',
                gone,
            )
        )
    if meant:
        findings.append(
            Finding(
                ERROR,
                f'{len(meant):,} listed images are there under a name that differs in case or Unicode form',
                'rename the files as the lists spell them; unpacking on a file system that folds names causes this',
                tuple(
                    f'{osp.relpath(path, root)} is there as {osp.relpath(found, root)}'
                    for path, found in meant.items()
                ),
            )
        )
    return findings


def _twins(files: Mapping[str, str]) -> list[Finding]:
    """Paths that are one file where the file system folds case."""
    first: dict[str, str] = {}
    twins = []
    for path in files:
        other = first.setdefault(_fold(path), path)
        if other != path:
            twins.append(f'{other} ({files[other]}) and {path} ({files[path]})')
    return (
        [
            Finding(
                WARNING,
                f'{len(twins)} listed paths differ from another one only in case or Unicode form',
                'on macOS and Windows both are the same file: rename one of them',
                tuple(twins),
            )
        ]
        if twins
        else []
    )


def _fold(path: str) -> str:
    return unicodedata.normalize('NFKC', path).casefold()
