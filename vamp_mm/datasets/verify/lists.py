"""Lists against the published numbers, and their classes against the few-shot settings."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ..class_splits import class_split
from ..digests import list_digest
from ..sources.catalog_fields import CatalogRow, Counts
from ..splits import PARTS, Split
from .findings import ERROR, NOTE, WARNING, Finding

#: Images per class of the largest few-shot setting of the benchmark, and of its validation set.
_SHOTS = dict(train=16, val=4)


class CountRow(NamedTuple):
    """Numbers of one class split: what the lists have, and what was published (None: nothing was)."""

    which: str
    found: Counts
    published: Counts | None


def count_table(split: Split, row: CatalogRow | None) -> list[CountRow]:
    """Count classes and images of all, the base and the novel classes.

    Args:
        split: The lists.
        row: Row of the catalog, None for own data.

    Returns:
        Three rows, one for a dataset of a single class.
    """
    table = [CountRow('all', _counts(split, 'all'), row.counts if row else None)]
    if len(split.classes) > 1:
        table.append(CountRow('base', _counts(split, 'base'), row.base if row else None))
        table.append(CountRow('novel', _counts(split, 'novel'), row.novel if row else None))
    return table


def check_counts(table: list[CountRow]) -> list[Finding]:
    """Compare with the published numbers.

    Args:
        table: From :func:`count_table`.

    Returns:
        An error if a published number differs.
    """
    wrong = tuple(
        f'{row.which} classes, {name}: {found} instead of {published}'
        for row in table
        if row.published is not None
        for name, found, published in zip(Counts._fields, row.found, row.published, strict=True)
        if published is not None and found != published
    )
    return (
        [
            Finding(
                ERROR,
                f'{len(wrong)} counts differ from the published ones: these are other lists than those of the papers',
                'take the published split file, and the official annotation files as they come',
                wrong,
            )
        ]
        if wrong
        else []
    )


def check_digests(split: Split, row: CatalogRow) -> list[Finding]:
    """Compare the lists, in order, with the fingerprints of the published ones.

    Args:
        split: The lists.
        row: Row of the catalog.

    Returns:
        An error if a list differs, a note if all that are known are equal.
    """
    known = [(part, digest) for part, digest in zip(PARTS, row.digests, strict=False) if digest]
    wrong = tuple(
        part for part, digest in known if not list_digest(split.part(part)).startswith(digest)
    )
    if wrong:
        return [
            Finding(
                ERROR,
                f'{len(wrong)} lists differ from the published ones in images, order or class names',
                f'few-shot subsets depend on all three: take the published {row.split_file or "files"} as it is',
                wrong,
            )
        ]
    names = ', '.join(part for part, _ in known)
    return (
        [Finding(NOTE, f'the lists ({names}) are the published ones, in order (SHA-256)')]
        if known
        else []
    )


def check_shots(split: Split) -> list[Finding]:
    """Look for classes that are too small for the few-shot settings, or too few.

    Args:
        split: The lists.

    Returns:
        A note per list with such classes, a warning where there is one class only.
    """
    findings = []
    if len(split.classes) == 1:
        findings.append(
            Finding(
                WARNING,
                f'there is one class only, {split.classes[0]!r}: its probability is 1 whatever the model does',
                'two classes or more are needed to train on',
            )
        )
    for part, shots in _SHOTS.items():
        if split.val_is_test and part == 'val':
            continue  # never sampled
        sizes = Counter(item.label for item in split.part(part))
        short = tuple(
            f'{split.classes[label]}: {size}'
            for label, size in sorted(sizes.items())
            if size < shots
        )
        if short:
            findings.append(
                Finding(
                    NOTE,
                    f'{len(short)} classes have fewer than {shots} images in {part}',
                    f'with more shots than that, set allow_short=True in the dataset ({part})',
                    short,
                )
            )
    return findings


def _counts(split: Split, which: str) -> Counts:
    number = len(split.classes)
    classes = number if which == 'all' else (number + 1) // 2 if which == 'base' else number // 2
    return Counts(classes, *(len(class_split(split.part(part), which, number)) for part in PARTS))
