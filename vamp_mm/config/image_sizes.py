"""Image sizes that the pipelines of a config end with, and the backbone they must fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Transforms that leave the size as it is.
_KEEP = frozenset({
    'AutoAugment', 'ColorJitter', 'ColorTransform', 'Lighting', 'LoadImageFromFile', 'LoadRGBImage', 'Normalize',
    'NumpyToPIL', 'PILToNumpy', 'PILToTensor', 'PackInputs', 'RandAugment', 'RandomErasing', 'RandomFlip',
    'RandomGrayscale', 'RandomHorizontalFlip', 'RandomVerticalFlip', 'GaussianBlur', 'ToPIL', 'ToTensor'
})  # fmt: skip
#: Transforms that set the size -> the argument that does; of two names, torchvision's second.
_SET = {
    'CenterCrop': ('crop_size', 'size'),
    'RandomCrop': ('crop_size', 'size'),
    'RandomResizedCrop': ('scale', 'size'),
    'EfficientNetCenterCrop': ('crop_size', ''),
    'EfficientNetRandomCrop': ('scale', ''),
    'Resize': ('scale', 'size'),
    'ResizeEdge': ('scale', ''),
}


def misfits(cfg: Mapping[str, Any], image_size: tuple[int, int], backbone: str) -> list[str]:
    """Pipelines whose images the backbone cannot take.

    Args:
        cfg: A config.
        image_size: Height and width that the backbone takes.
        backbone: How the message calls it: the key and its value.

    Returns:
        One sentence for each other size, with the keys to set.
    """
    keys: dict[str, list[str]] = {}
    for path, steps in pipelines('', cfg):
        sizes = pipeline_sizes(steps)
        if not sizes:
            continue
        final = sizes[-1][1]
        padded = [size for _, size in sizes[:-1] if min(size) < min(final)]
        what = f'{_pixels(padded[-1])} padded to {_pixels(final)}' if padded else _pixels(final)
        if final != image_size or padded:
            small = [key for key, size in sizes if size != image_size]
            keys.setdefault(what, []).extend(f'{path}.{key}' for key in small)
    own = _pixels(image_size)
    value = image_size[0] if image_size[0] == image_size[1] else image_size
    return [
        f'{backbone} takes images of {own} pixels, and the pipelines give {what}: set '
        f'{", ".join(f"{key}={value}" for key in places)} with --cfg-options (in a config of your own: '
        f'{_in_config(places[0])} = {value}), or take an architecture for images of another size'
        for what, places in keys.items()
    ]


def pipeline_sizes(steps: Sequence[Any]) -> list[tuple[str, tuple[int, int]]]:
    """The sizes that a pipeline sets, up to its last one.

    Args:
        steps: Configs of its transforms.

    Returns:
        In their order: index and argument of the transform, as part of a dotted key, and height and width. A single number
        counts for both. Empty where the last size does not follow from the config.
    """
    found: list[tuple[str, tuple[int, int]]] = []
    for index in reversed(range(len(steps))):
        kind = steps[index].get('type') if isinstance(steps[index], Mapping) else None
        if not isinstance(kind, str):
            break
        name = kind.split('.')[-1]
        of_torchvision, name = name.startswith('torchvision/'), name.split('/')[-1]
        if name in _KEEP:
            continue
        key = _SET[name][of_torchvision] if name in _SET else None
        size = _as_size(steps[index].get(key), of_torchvision or key == 'crop_size')
        if key is None or size is None or steps[index].get('keep_ratio'):
            break
        found.insert(0, (f'{index}.{key}', size))
        if name not in ('CenterCrop', 'RandomCrop'):  # what was before does not matter
            break
    return found


def _as_size(value: Any, height_first: bool) -> tuple[int, int] | None:
    if isinstance(value, int):
        return value, value
    if (
        not isinstance(value, Sequence)
        or len(value) not in (1, 2)
        or not all(isinstance(item, int) for item in value)
    ):
        return None
    first, last = value[0], value[-1]
    return (first, last) if height_first else (last, first)


def pipelines(path: str, value: Any) -> Iterator[tuple[str, Sequence[Any]]]:
    """All pipelines of a config, with their dotted keys below ``path``."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            place = f'{path}.{key}' if path else key
            if key == 'pipeline' and isinstance(item, (list, tuple)):
                yield place, item
            else:
                yield from pipelines(place, item)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from pipelines(f'{path}.{index}', item)


def _in_config(key: str) -> str:
    """How a config that inherits sets a value inside a list."""
    return '_base_' + ''.join(
        f'[{part}]' if part.isdecimal() else f'.{part}' if part.isidentifier() else f'[{part!r}]'
        for part in key.split('.')
    )


def _pixels(size: tuple[int, int]) -> str:
    return f'{size[0]} x {size[1]}'
