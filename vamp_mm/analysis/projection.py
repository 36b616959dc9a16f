"""Two dimensions out of many: principal components, and t-SNE."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vamp_mm.config.errors import ConfigError

#: Principal components that t-SNE starts from (van der Maaten and Hinton, JMLR 2008, section 4.2, takes 30).
_BEFORE_TSNE = 50


class Projection(NamedTuple):
    """Points in the plane.

    Args:
        points: ``(N, 2)`` coordinates, float64.
        explained: Share of the variance that each axis holds, in [0, 1]; None where axes have no such meaning.
    """

    points: np.ndarray
    explained: tuple[float, float] | None


class LatentMap(NamedTuple):
    """The map, with what was predicted for its points.

    Args:
        projection: Coordinates of N images.
        records: N predictions.
        between: Share of the variance of all latents that lies between class means.
        block: What is shown: ``'all blocks'`` or the name of one.
    """

    projection: Projection
    records: list[dict[str, Any]]
    between: float
    block: str


def pca(values: Tensor, components: int = 2) -> tuple[Tensor, Tensor]:
    """Principal components in float64, the same on every machine up to rounding.

    The sign of an axis is such that the point farthest from the middle has a positive coordinate.

    Args:
        values: ``(N, W)`` points.
        components: Number of axes to keep.

    Returns:
        ``(N, components)`` coordinates, and ``(components,)`` shares of the variance; zeros beyond the rank of the points.
    """
    wide = values.double().cpu()
    left, spread, _ = torch.linalg.svd(wide - wide.mean(dim=0), full_matrices=False)
    variance = spread.square()
    total = variance.sum()
    spread = spread.where(variance > 1e-12 * total, 0)  # rounding is not an axis
    points = (left * spread)[:, :components]
    farthest = points.gather(0, points.abs().argmax(dim=0, keepdim=True))
    points = torch.where(farthest < 0, -points, points)
    shares = (variance / total if total > 0 else torch.zeros_like(variance))[:components]
    missing = (0, components - points.shape[1])
    return F.pad(points, missing), F.pad(shares, missing)


def project(values: Tensor, method: str, seed: int = 0) -> Projection:
    """Project points to the plane.

    Args:
        values: ``(N, W)`` points, three or more.
        method: ``'pca'`` or ``'tsne'`` (scikit-learn).
        seed: Of t-SNE.

    Returns:
        The points in the plane.

    Raises:
        ConfigError: If there are too few points, the method is unknown, or scikit-learn is missing.
    """
    if len(values) < 3:
        raise ConfigError([f'a map needs 3 images or more, got {len(values)}'], 'the call')
    if method == 'pca':
        points, shares = pca(values)
        return Projection(points.numpy(), (float(shares[0]), float(shares[1])))
    if method != 'tsne':
        raise ConfigError([f"--method {method!r} is unknown; allowed: 'pca', 'tsne'"], 'the call')
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ConfigError(
            [
                '--method tsne needs scikit-learn, which is not installed: pip install scikit-learn, or take '
                '--method pca'
            ],
            'the call',
        ) from error
    start, _ = pca(values, min(_BEFORE_TSNE, len(values) - 1, values.shape[1]))
    perplexity = min(30.0, (len(values) - 1) / 3)  # scikit-learn's default, less for few points
    # one scale: latents are of the size of word embeddings, far below what t-SNE's step sizes expect
    start = start / start[:, 0].std().clamp_min(1e-300)
    found = TSNE(
        n_components=2, perplexity=perplexity, init='pca', random_state=seed
    ).fit_transform(start.float().numpy())
    return Projection(found.astype(np.float64), None)


def class_share(values: Tensor, labels: Tensor) -> float:
    """Share of the variance of points that lies between the means of their classes (eta squared).

    Args:
        values: ``(N, W)`` points.
        labels: ``(N,)`` classes.

    Returns:
        0 if classes do not differ in the mean, 1 if the points of a class coincide; NaN if all points do.
    """
    wide = values.double().cpu()
    wide = wide - wide.mean(dim=0)
    total = wide.square().sum()
    between = sum(
        float(wide[labels == label].mean(dim=0).square().sum()) * int((labels == label).sum())
        for label in labels.unique()
    )
    return float(between / total) if total > 0 else float('nan')
