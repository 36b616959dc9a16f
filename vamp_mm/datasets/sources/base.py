"""What a dataset asks of the place its lists come from."""

from __future__ import annotations

import os.path as osp
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from vamp_mm.registry import TASK_UTILS

from ..splits import Split

#: Shown where a source has no better next step.
README_HINT = 'data/README.md shows the layout of every dataset and how to get it.'
OWN_HINT = 'Give the folder or table of your images with --dataset PATH; docs/tutorials/README.md shows the layouts.'
DEFAULT_TEMPLATE = 'a photo of a {}.'


class SplitSource(ABC):
    """Lists of images with labels and class names, and what goes with them.

    A source is built from a config (registry ``TASK_UTILS``) and holds no data before
    :meth:`read`. Reading twice gives equal lists; within a run (:func:`~vamp_mm.datasets.reading_once`) files are read once.
    """

    #: Folder of the images relative to the data root; the paths of the lists are relative to it.
    image_folder: str = ''
    #: Sentences with one ``{}`` that go with these classes.
    templates: tuple[str, ...] = (DEFAULT_TEMPLATE,)
    #: Next step where files are missing.
    hint: str = README_HINT

    @abstractmethod
    def read(self, data_root: str) -> Split:
        """Read the lists; images need not be there.

        Args:
            data_root: Folder of the dataset.

        Returns:
            The checked lists.

        Raises:
            FileNotFoundError: If files that the lists are made of are missing.
            ValueError: If such a file is wrong.
        """

    def notes(self, data_root: str) -> tuple[str, ...]:
        """What was decided while reading that the lists do not show, for the log of a run.

        Args:
            data_root: Folder of the dataset.

        Returns:
            Sentences without a full stop: files left out, parts that were made. None by default.
        """
        del data_root  # most sources decide nothing
        return ()

    def require(self, path: str, what: str) -> str:
        """Make sure that a file or folder is there.

        Args:
            path: The file or folder.
            what: What it is, for the error.

        Returns:
            The path.

        Raises:
            FileNotFoundError: If it is not there.
        """
        if not osp.exists(path):
            raise FileNotFoundError(f'{what} {osp.abspath(path)} does not exist. {self.hint}')
        return path


def build_source(source: str | Mapping[str, Any] | SplitSource) -> SplitSource:
    """Build what the key ``source`` of a dataset names.

    Args:
        source: Name of a row of the catalog, config of a source, or a source.

    Returns:
        The source.

    Raises:
        TypeError: If it is none of these.
    """
    if isinstance(source, SplitSource):
        return source
    if isinstance(source, str):
        source = dict(type='vamp_mm.CatalogSource', name=source)
    if not isinstance(source, Mapping):
        raise TypeError(
            f'source={source!r} must be the name of a catalog dataset or a config such as '
            "dict(type='SplitFile', file='split.json')"
        )
    built = TASK_UTILS.build(dict(source))
    if not isinstance(built, SplitSource):
        raise TypeError(
            f'source={source!r} built a {type(built).__name__}, which is no SplitSource'
        )
    return built
