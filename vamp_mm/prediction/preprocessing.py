"""The test transforms of a config, applied to files and to images in memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope
from PIL import Image, ImageOps, UnidentifiedImageError

from vamp_mm.config.errors import ConfigError
from vamp_mm.datasets import DataError
from vamp_mm.datasets.errors import ImageError
from vamp_mm.datasets.image_files import check_size, open_image
from vamp_mm.datasets.transforms import rgb
from vamp_mm.registry import SCOPE, TRANSFORMS

from .inputs import Given
from .locks import BUILDING, OwnLock
from .stored_config import test_pipeline

_PIL_LOADER, _ARRAY_LOADER = 'LoadRGBImage', 'LoadImageFromFile'
#: Arguments of mmcv's loader that leave it giving 8-bit BGR arrays.
_USUAL = {'to_float32': False, 'color_type': 'color'}


class TestTransforms:
    """Applies the test pipeline of a config to images, for the model's data preprocessor.

    Files are read by the first step of the pipeline. Images in memory are given the form that this step returns: an RGB
    PIL image (``LoadRGBImage``) or a BGR array (mmcv's ``LoadImageFromFile``, which rotates photographs by their EXIF data;
    images in memory are then rotated too).

    Args:
        cfg: A config with ``test_dataloader`` (or ``val_dataloader``).

    Attributes:
        loader: Key of the dataloader whose pipeline it is.

    Raises:
        ConfigError: If the config has no test transforms.
    """

    __test__ = False  # pytest collects classes by this name

    def __init__(self, cfg: Config) -> None:
        found = {
            key: test_pipeline(cfg[key])
            for key in ('test_dataloader', 'val_dataloader')
            if cfg.get(key)
        }
        self.loader, steps = next(
            ((key, list(steps)) for key, steps in found.items() if steps), ('', [])
        )
        if not steps:
            raise ConfigError(
                [
                    'it has no test_dataloader.dataset.pipeline, so the transforms of the images are unknown; '
                    'give a config with one (--config)'
                ],
                cfg.filename,
            )
        self._loader_name = str(steps[0].get('type', '')).split('.')[-1]
        self._usual = all(steps[0].get(key, value) == value for key, value in _USUAL.items())
        self._load = _built(steps[:1], cfg)
        self._rest = _built(steps[1:], cfg)
        self._decoding = OwnLock()

    def __call__(self, given: Given) -> dict[str, Any]:
        """Read and transform one image.

        Args:
            given: A file or pixels.

        Returns:
            ``inputs (3, H, W)`` and ``data_samples``.

        Raises:
            ImageError: If the image cannot be read or transformed, naming it.
            DataError: If pixels are given and the pipeline begins with a loader of another kind.
        """
        loaded = self._read(given)
        try:
            results = self._rest(loaded)
        except MemoryError:
            raise
        except (
            Exception
        ) as error:  # transforms raise all kinds of errors on sizes that they do not support
            raise ImageError(f'the test transforms fail on {given}: {reason_of(error)}') from error
        if not isinstance(results, dict) or 'inputs' not in results:
            raise DataError(
                f'the test transforms give no inputs for {given}; does the pipeline end with PackInputs?'
            )
        return results

    def _read(self, given: Given) -> dict[str, Any]:
        try:
            if given.path is not None:
                if self._loader_name != _PIL_LOADER:  # which checks format and size itself
                    open_image(given.path).close()
                return _existing(self._load(dict(img_path=given.path)))
            assert given.pixels is not None
            check_size(given.pixels.width, given.pixels.height)
            # Pillow decodes an opened image on first use, and several threads may share it
            with self._decoding:
                given.pixels.load()
            return self._loaded(given.pixels)
        except (MemoryError, ConfigError):  # says nothing about the image
            raise
        except Exception as error:  # decoders raise all kinds of errors on damaged files
            broken_link = (
                given.path is not None
                and os.path.islink(given.path)
                and not os.path.exists(given.path)
            )
            cause = OSError('it is a broken link') if broken_link else error
            raise ImageError(f'cannot read {given}: {reason_of(cause)}') from cause

    def _loaded(self, image: Image.Image) -> dict[str, Any]:
        if self._loader_name == _PIL_LOADER:
            loaded: Any = rgb(image)
        elif self._loader_name == _ARRAY_LOADER and self._usual:
            loaded = np.ascontiguousarray(
                np.asarray(rgb(ImageOps.exif_transpose(image)))[..., ::-1]
            )
        else:
            raise ConfigError(
                [
                    f'the test pipeline begins with {self._loader_name!r}, whose output is unknown: '
                    f'pass files, or begin with {_PIL_LOADER} or {_ARRAY_LOADER}'
                ]
            )
        height, width = image.height, image.width
        if isinstance(loaded, np.ndarray):
            height, width = loaded.shape[:2]
        return dict(img=loaded, img_shape=(height, width), ori_shape=(height, width))


def _built(steps: Sequence[dict[str, Any]], cfg: Config) -> Compose:
    scope = cfg.get('default_scope') or SCOPE
    with BUILDING, DefaultScope.overwrite_default_scope(scope):
        return Compose([_step(step, cfg) for step in steps])


def _step(step: dict[str, Any], cfg: Config) -> Any:
    try:
        return TRANSFORMS.build(dict(step))
    except (ConfigError, MemoryError):
        raise
    except Exception as error:  # constructors raise all kinds of errors on wrong values
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise ConfigError(
            [
                f'the test transform {dict(step)} cannot be built: {reason}; change '
                'test_dataloader.dataset.pipeline'
            ],
            cfg.filename,
        ) from error


def _existing(results: dict[str, Any] | None) -> dict[str, Any]:
    if results is None:
        raise ValueError('the loader returned nothing')
    return results


def reason_of(error: Exception) -> str:
    """The reason why an image cannot be read, without its name and without advice about datasets.

    Args:
        error: The error that reading it raised.

    Returns:
        A clause.
    """
    while isinstance(error, ImageError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if isinstance(error, UnidentifiedImageError):
        return 'it is not an image, or its format is unknown'
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error).rstrip('.') or type(error).__name__
