"""Lists from a split file in JSON."""

from __future__ import annotations

import os.path as osp
from collections.abc import Sequence

from vamp_mm.registry import TASK_UTILS

from ..read_once import once
from ..split_reading import read_split
from ..splits import Split
from .base import DEFAULT_TEMPLATE, OWN_HINT, SplitSource


@TASK_UTILS.register_module()
class SplitFile(SplitSource):
    """A JSON split file in the layout of the CoOp family (:func:`~vamp_mm.datasets.read_split`).

    Args:
        file: The file, relative to the data root.
        image_folder: Folder of the images, relative to the data root.
        templates: Sentences with one ``{}`` for the class name.
        hint: Next step where files are missing.
    """

    def __init__(
        self,
        file: str,
        image_folder: str = '',
        templates: str | Sequence[str] = DEFAULT_TEMPLATE,
        hint: str = OWN_HINT,
    ) -> None:
        self.file, self.image_folder, self.hint = file, image_folder, hint
        self.templates = (templates,) if isinstance(templates, str) else tuple(templates)

    def read(self, data_root: str) -> Split:
        """Read the file; see :meth:`SplitSource.read`."""
        path = self.require(osp.join(data_root, self.file), 'split file')
        return once('split file', path, None, lambda: read_split(path))
