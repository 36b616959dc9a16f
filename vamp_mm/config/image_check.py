"""Whether the pipelines resize images as the weights of the backbone were trained with."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.dist import master_only
from mmengine.logging import print_log

from .data import LOADERS

#: torchvision's default, which a step without the key has.
_DEFAULT = 'bilinear'


@master_only
def say_if_images_differ(cfg: Mapping[str, Any], model: Any) -> None:
    """Warn where a pipeline resizes images in another way than the weights were trained with.

    Args:
        cfg: The config of a run, or the dataloaders of it that are used.
        model: Its model, not wrapped; one without a backbone that knows its preprocessing is passed over.
    """
    for problem in image_problems(cfg, getattr(model, 'backbone', None)):
        print_log(problem, 'current', logging.WARNING)


def image_problems(cfg: Mapping[str, Any], backbone: Any) -> list[str]:
    """Where pipelines and weights do not go together.

    Args:
        cfg: The config of a run.
        backbone: A ``PromptedCLIPBackbone``; anything else has no preprocessing to compare with.

    Returns:
        One sentence for each difference, with the place in the config, both values and what to do.
    """
    interpolation, mode = (
        getattr(backbone, 'interpolation', None),
        getattr(backbone, 'resize_mode', None),
    )
    if interpolation is None or mode is None:
        return []
    problems = []
    for loader in LOADERS:
        for place, step in _steps(cfg.get(loader) or {}, loader):
            own = step.get('interpolation', _DEFAULT)
            if own != interpolation:
                problems.append(
                    f'{place}.interpolation={own!r}, and the weights of the backbone were trained with '
                    f'{interpolation!r}: set it to that, or the accuracy suffers'
                )
            found = _mode(step)
            if found is not None and found != mode and not loader.startswith('train'):
                size = tuple(backbone.image_size)
                wanted = (
                    f'size={size} without a crop'
                    if mode == 'squash'
                    else f'size={size[0]} and a crop of the centre'
                )
                what = 'shorter side' if found == 'shortest' else 'whole image'
                problems.append(
                    f'{place} resizes the {what}, and the '
                    f'weights of the backbone were trained with resize_mode={mode!r}: set {wanted}'
                )
    return problems


def _steps(loader: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Steps of a dataset's pipeline that resize by a given interpolation, through wrappers."""
    part, place = loader.get('dataset'), f'{name}.dataset'
    while isinstance(part, Mapping):
        for index, step in enumerate(part.get('pipeline') or ()):
            kind = step.get('type') if isinstance(step, Mapping) else None
            if isinstance(kind, str) and kind.endswith(
                ('torchvision/Resize', 'torchvision/RandomResizedCrop')
            ):
                yield f'{place}.pipeline[{index}]', step
        part, place = part.get('dataset'), f'{place}.dataset'


def _mode(step: Mapping[str, Any]) -> str | None:
    size = step.get('size')
    if not str(step['type']).endswith('/Resize'):
        return None
    return (
        'shortest'
        if isinstance(size, int) or (isinstance(size, (list, tuple)) and len(size) == 1)
        else 'squash'
    )
