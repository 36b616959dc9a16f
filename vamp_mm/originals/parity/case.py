"""A recorded run of an original implementation, as it is in an ``.npz`` file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmpretrain.structures import DataSample
from torch import Tensor


class Case:
    """Arrays as tensors (real ones in float32) and the ``meta`` that describes them.

    Args:
        path: The file.
        arrays: Key -> array, without ``meta``.
        meta: Method, hyper-parameters, class names.

    Raises:
        ValueError: If something is missing that every recording has.
    """

    def __init__(
        self, path: Path, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]
    ) -> None:
        self.path, self.meta, self._arrays = path, meta, arrays
        missing = [key for key in ('method', 'classnames', 'tiny_clip_seed') if key not in meta]
        missing += [key for key in ('images', 'labels') if key not in arrays]
        if missing:
            raise ValueError(
                f'{path} is not a recording of an original: {", ".join(missing)} missing'
            )
        #: Arrays that were read; what was never read was not compared.
        self.used: set[str] = set()

    @property
    def hyper(self) -> Mapping[str, Any]:
        """The original's options."""
        return self.meta.get('hyper', {})

    @property
    def names(self) -> tuple[str, ...]:
        """Class names of the training."""
        return tuple(self.meta['classnames'])

    @property
    def resnet(self) -> bool:
        """Whether the images went through a ResNet."""
        return 'resnet' in str(self.meta.get('backbone', '')).lower()

    def __getitem__(self, key: str) -> Tensor:
        self.used.add(key)
        value = torch.from_numpy(np.array(self._arrays[key]))
        return value.float() if value.is_floating_point() else value

    def __contains__(self, key: str) -> bool:
        return key in self._arrays

    def keys(self) -> list[str]:
        """Names of all arrays."""
        return list(self._arrays)

    def group(self, prefix: str) -> dict[str, Tensor]:
        """All arrays below ``<prefix>/``, without it."""
        return {
            key.split('/', 1)[1]: self[key] for key in self._arrays if key.startswith(f'{prefix}/')
        }

    def samples(self) -> list[DataSample]:
        """The labels as data samples."""
        return [DataSample().set_gt_label(int(label)) for label in self['labels']]


def load_case(path: str | Path) -> Case:
    """Read one recording.

    Args:
        path: An ``.npz`` file; nothing in it is unpickled.

    Returns:
        The recording.

    Raises:
        ValueError: If the file is not a recording.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        meta = json.loads(str(arrays.pop('meta')))
    except (KeyError, OSError, zipfile.BadZipFile, ValueError) as error:
        raise ValueError(f'{path} is not a recording of an original: {error}') from error
    return Case(path, arrays, meta)
