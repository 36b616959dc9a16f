"""Lists of a dataset of the benchmark, by its name."""

from __future__ import annotations

import os.path as osp

from vamp_mm.registry import TASK_UTILS

from ..splits import Split, read_split
from .base import SplitSource
from .catalog import catalog_row


@TASK_UTILS.register_module()
class CatalogSource(SplitSource):
    """A row of the :data:`~vamp_mm.datasets.sources.catalog.CATALOG`.

    Where the published split file is there, labels and class names come from it alone.

    Args:
        name: Name of the row.

    Raises:
        ValueError: If there is no such row.
    """

    def __init__(self, name: str) -> None:
        self.row = catalog_row(name)
        self.image_folder = self.row.image_folder
        self.templates = (self.row.template,)
        self.hint = self.row.hint

    def read(self, data_root: str) -> Split:
        """Read the lists; see :meth:`SplitSource.read`."""
        row = self.row
        if row.split_file is None:
            raise NotImplementedError(f'{row.name}: reading the official lists comes next')
        return read_split(self.require(osp.join(data_root, row.split_file), 'split file'))
