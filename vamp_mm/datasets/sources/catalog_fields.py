"""What a row of the catalog of datasets holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from . import class_names
from .base import DEFAULT_TEMPLATE
from .official_files import Lists, OfficialFiles


class Counts(NamedTuple):
    """Classes and images of a dataset, or of one half of its classes; None where not known or none."""

    classes: int
    train: int | None
    val: int | None
    test: int | None


@dataclass(frozen=True)
class CatalogRow:
    """What distinguishes one dataset from the others.

    Args:
        name: Name in configs and on the command line.
        title: Name in the tables of papers.
        folder: Folder of the dataset below the data folder.
        image_folder: Folder of the images below ``folder``.
        counts: Of all classes; ``train=None`` for a set that is made for testing only.
        base: Of the base classes.
        novel: Of the novel classes.
        reader: Reads the official files into lists; None where a split file is all there is.
        class_name: From the name in official files to the benchmark's.
        split_file: The published split file, None where there never was one.
        regenerates: Whether the official files give the published lists exactly.
        digests: First 16 digits of :func:`~vamp_mm.datasets.digests.list_digest` of the published
            train, val and test lists; empty where not known.
        template: Hand-written prompt of the family.
        val_is_test: The validation images are the test images.
        homonyms: Class names that stand for several labels.
        how: How to get it; by default ``data/README.md`` is named.
    """

    name: str
    title: str
    folder: str
    image_folder: str
    counts: Counts
    base: Counts | None = None
    novel: Counts | None = None
    reader: Callable[[OfficialFiles], Lists] | None = None
    class_name: Callable[[str], str] = class_names.as_it_is
    split_file: str | None = None
    regenerates: bool = False
    digests: tuple[str, ...] = ()
    template: str = DEFAULT_TEMPLATE
    val_is_test: bool = False
    homonyms: tuple[str, ...] = ()
    how: str = ''

    @property
    def can_split_anew(self) -> bool:
        """Whether lists of one's own can take the place of a published split file."""
        return self.split_file is not None and self.reader is not None

    @property
    def hint(self) -> str:
        """Where the dataset can be downloaded."""
        return self.how or (
            f'data/README.md shows how {self.title} is laid out, and where its images'
            f'{f" and {self.split_file}" if self.split_file else ""} can be downloaded.'
        )
