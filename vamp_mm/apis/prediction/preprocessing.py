"""The test transforms of a config, on files and on images that are in memory already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope
from PIL import Image, ImageOps

from vamp_mm.datasets import DataError
from vamp_mm.datasets.errors import ImageError
from vamp_mm.datasets.transforms import rgb
from vamp_mm.registry import SCOPE, TRANSFORMS

from ..errors import ConfigError
from .inputs import Given
from .stored_config import test_pipeline

_PIL_LOADER, _ARRAY_LOADER = 'LoadRGBImage', 'LoadImageFromFile'
#: Arguments of mmcv's loader that leave it giving 8-bit BGR arrays.
_USUAL = {'to_float32': False, 'color_type': 'color'}


class TestTransforms:
    """Image -> what the model's data preprocessor takes, by the test pipeline of a config.

    Files are read by the pipeline's own first step. Pixels take the form that this step would have given them: an RGB PIL
    image (``LoadRGBImage``) or a BGR array (mmcv's ``LoadImageFromFile``, which turns photographs by their EXIF data, and so
    does this then).

    Args:
        cfg: A config with ``test_dataloader`` (or ``val_dataloader``).

    Raises:
        ConfigError: If the config has no test transforms.
    """

    __test__ = False  # no test of pytest's

    def __init__(self, cfg: Config) -> None:
        loaders = [cfg[key] for key in ('test_dataloader', 'val_dataloader') if cfg.get(key)]
        steps = next((list(found) for found in map(test_pipeline, loaders) if found), None)
        if not steps:
            raise ConfigError(['it has no test_dataloader.dataset.pipeline, so nothing says how images come to the model; '
                               'give a config with one (--config)'], cfg.filename)
        self._loader_name = str(steps[0].get('type', '')).split('.')[-1]
        self._usual = all(steps[0].get(key, value) == value for key, value in _USUAL.items())
        self._load = _built(steps[:1], cfg)
        self._rest = _built(steps[1:], cfg)

    def __call__(self, given: Given) -> dict[str, Any]:
        """Read and transform one image.

        Args:
            given: A file or pixels.

        Returns:
            ``inputs (3, H, W)`` and ``data_samples``.

        Raises:
            ImageError: If the image cannot be read, naming it.
            DataError: If pixels are given and the pipeline begins with a loader of another kind.
        """
        results = self._rest(self._read(given))
        if not isinstance(results, dict) or 'inputs' not in results:
            raise DataError(f'the test transforms give no inputs for {given}; does the pipeline end with PackInputs?')
        return results

    def _read(self, given: Given) -> dict[str, Any]:
        try:
            if given.path is not None:
                return _existing(self._load(dict(img_path=given.path)))
            assert given.pixels is not None
            if not given.pixels.width or not given.pixels.height:
                raise ValueError(f'it has no pixels ({given.pixels.width} x {given.pixels.height})')
            return self._loaded(given.pixels)
        except (MemoryError, ConfigError):  # says nothing about the image
            raise
        except Exception as error:  # decoders raise all kinds of errors on damaged files
            raise ImageError(f'cannot read {given}: {_reason(error)}; replace it, or leave such images out and have them '
                             "counted with unreadable='skip' (--unreadable skip)") from error

    def _loaded(self, image: Image.Image) -> dict[str, Any]:
        if self._loader_name == _PIL_LOADER:
            picture: Any = rgb(image)
        elif self._loader_name == _ARRAY_LOADER and self._usual:
            picture = np.ascontiguousarray(np.asarray(rgb(ImageOps.exif_transpose(image)))[..., ::-1])
        else:
            raise ConfigError([f'the test pipeline begins with {self._loader_name!r}, and what that gives is not known: '
                               f'hand in files, or begin with {_PIL_LOADER} or {_ARRAY_LOADER}'])
        height, width = image.height, image.width
        if isinstance(picture, np.ndarray):
            height, width = picture.shape[:2]
        return dict(img=picture, img_shape=(height, width), ori_shape=(height, width))


def _built(steps: Sequence[dict[str, Any]], cfg: Config) -> Compose:
    scope = cfg.get('default_scope') or SCOPE
    with DefaultScope.overwrite_default_scope(scope):
        return Compose([TRANSFORMS.build(dict(step)) for step in steps])


def _existing(results: dict[str, Any] | None) -> dict[str, Any]:
    if results is None:
        raise ValueError('the loader gave nothing')
    return results


def _reason(error: Exception) -> str:
    """What went wrong, without what a dataset advises."""
    cause = error.__cause__ if isinstance(error, ImageError) and error.__cause__ is not None else error
    return str(cause) or type(cause).__name__
