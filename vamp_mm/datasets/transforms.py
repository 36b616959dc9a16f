"""Image reading as CLIP's own preprocessing does it: PIL, RGB, no EXIF rotation."""

from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform
from PIL import Image

from vamp_mm.registry import TRANSFORMS

from .errors import ImageError
from .image_files import check_size, open_image

#: More than 8 bits a channel: ``convert('RGB')`` would clip them to 255 without a word.
_DEEP_MODES = ('I', 'I;16', 'I;16L', 'I;16B', 'I;16N', 'F')


def read_rgb(path: str) -> Image.Image:
    """Read and decode one image.

    Args:
        path: The file.

    Returns:
        The fully decoded RGB image; a rotation in its EXIF data is ignored, as in the benchmark
        protocol.

    Raises:
        ImageError: If the file is missing, no regular file, truncated, not an image, larger than
            is read, or has more than 8 bits per channel.
    """
    try:
        with open_image(path) as image:
            return rgb(image)
    except MemoryError:  # says nothing about the file
        raise
    # Pillow raises SyntaxError, struct.error and others on damaged files
    except Exception as error:
        raise ImageError(
            f'cannot read image {path!r}: {error}; replace the file, or set '
            "unreadable='skip' in the dataset to leave such images out"
        ) from error


def rgb(image: Image.Image) -> Image.Image:
    """Decode an opened image.

    Args:
        image: From ``Image.open``.

    Returns:
        The RGB image.

    Raises:
        ValueError: If it has more than 8 bits per channel, or a size that is refused
            (:func:`~vamp_mm.datasets.image_files.check_size`).
    """
    check_size(image.width, image.height)
    if image.mode in _DEEP_MODES:
        raise ValueError(
            f'mode {image.mode} has more than 8 bits per channel; convert it to 8 bits'
        )
    return image.convert('RGB')


@TRANSFORMS.register_module()
class LoadRGBImage(BaseTransform):
    """Put the image at ``results['img_path']`` into ``results['img']`` as a PIL RGB image.

    It also sets ``ori_shape``, the (height, width) in the file. Where ``results['image_cache']`` is
    there (``FewShotDataset(cache_mb=...)``), that is asked for the image. Errors are those of
    :func:`read_rgb`.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Read one image.

        Args:
            results: Holds ``img_path``, perhaps ``image_cache``.

        Returns:
            The same dict with ``img`` and ``ori_shape``.
        """
        cache = results.pop('image_cache', None)
        path = results['img_path']
        image = read_rgb(path) if cache is None else cache.read(path)
        results['img'] = image
        results['ori_shape'] = (image.height, image.width)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
