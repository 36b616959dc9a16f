"""Whether a pipeline gives an image the same pixels each time."""

from __future__ import annotations

from typing import Any

from .wrappers import inner_datasets

#: Transforms without a random number, by class name; those of torchvision inside mmpretrain's wrapper likewise.
DETERMINISTIC = frozenset({
    'LoadRGBImage', 'LoadImageFromFile', 'PackInputs',
    'Resize', 'ResizeEdge', 'CenterCrop', 'EfficientNetCenterCrop', 'Pad', 'Grayscale',
    'PILToTensor', 'ToTensor', 'Normalize', 'NumpyToPIL', 'PILToNumpy', 'Transpose'})  # fmt: skip


def random_step(dataset: Any) -> str | None:
    """The first transform of a dataset that is not known to be deterministic.

    Args:
        dataset: An MMEngine dataset or a wrapper around some.

    Returns:
        Its description, None if there is none.
    """
    for step in _steps(dataset):
        if type(_inner(step)).__name__ not in DETERMINISTIC:
            return repr(step)
    return None


def pipeline_name(dataset: Any) -> str | None:
    """A name that two datasets share only if they give an image the same pixels.

    Args:
        dataset: An MMEngine dataset or a wrapper around some.

    Returns:
        The transforms with their arguments; None if one may be random, or the parts of a wrapper differ.
    """
    names = {
        repr([repr(_inner(step)) for step in _transforms(part)]) for part in inner_datasets(dataset)
    }
    return names.pop() if len(names) == 1 and random_step(dataset) is None else None


def _steps(dataset: Any) -> list[Any]:
    return [step for part in inner_datasets(dataset) for step in _transforms(part)]


def _transforms(dataset: Any) -> list[Any]:
    pipeline = getattr(dataset, 'pipeline', None)
    # No pipeline that we know: nothing can be said about its pixels.
    return list(getattr(pipeline, 'transforms', [pipeline]))


def _inner(step: Any) -> Any:
    return getattr(step, 't', step)  # mmpretrain's wrapper of a torchvision transform
