"""Projections of known points."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from vamp_mm.analysis.map_picture import _LETTER, _LINE, _places
from vamp_mm.analysis.projection import class_share, pca, project
from vamp_mm.apis import ConfigError
from vamp_mm.visualization.drawing import clip

CROSS = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


@pytest.mark.parametrize('width', [2, 40])
def test_components_of_a_cross(width: int) -> None:
    """Both ways through: more points than dimensions, and fewer."""
    turn = torch.linalg.qr(torch.randn(width, width, generator=torch.Generator().manual_seed(0)))[0]
    points, shares = pca(torch.nn.functional.pad(CROSS, (0, width - 2)) @ turn + 7)
    # float32 points
    torch.testing.assert_close(points.abs(), CROSS.abs().double(), atol=1e-5, rtol=0)
    # 18 and 2 of 20
    torch.testing.assert_close(
        shares, torch.tensor([0.9, 0.1], dtype=torch.float64), atol=1e-6, rtol=0
    )
    assert (points.gather(0, points.abs().argmax(dim=0, keepdim=True)) > 0).all()


def test_points_on_a_line_have_one_component() -> None:
    steps = torch.tensor([0.0, 1.0, 2.0, 6.0], dtype=torch.float64)
    points, shares = pca(torch.stack([steps, 2 * steps, -2 * steps], dim=1))
    torch.testing.assert_close(points[:, 0], 3 * (steps - 2.25), atol=1e-9, rtol=0)
    assert points[:, 1].tolist() == [0.0] * 4
    assert shares.tolist() == pytest.approx([1.0, 0.0], abs=1e-9)
    points, shares = pca(torch.ones(5, 3))
    assert not points.any()
    assert shares.tolist() == [0.0, 0.0]


def test_the_share_between_classes() -> None:
    values = torch.tensor([[0.0], [2.0], [10.0], [12.0]])
    assert class_share(values, torch.tensor([0, 0, 1, 1])) == pytest.approx(100 / 104)
    assert class_share(values, torch.tensor([0, 1, 2, 3])) == pytest.approx(1.0)
    assert class_share(values, torch.tensor([0, 1, 1, 0])) == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(class_share(torch.ones(3, 2), torch.tensor([0, 1, 1])))


def test_tsne_keeps_clusters_apart_and_repeats_itself() -> None:
    pytest.importorskip('sklearn')
    values = 1e-3 * torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    values[20:, 0] += 0.1
    found = project(values, 'tsne').points
    one, other = found[:20], found[20:]
    gap = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
    assert gap > 2 * max(
        np.linalg.norm(part - part.mean(axis=0), axis=1).max() for part in (one, other)
    )
    np.testing.assert_array_equal(project(values, 'tsne').points, found)


def test_what_cannot_be_projected(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match='3 images or more, got 2'):
        project(torch.ones(2, 4), 'pca')
    with pytest.raises(ConfigError, match="'umap' is unknown; allowed: 'pca', 'tsne'"):
        project(CROSS, 'umap')
    monkeypatch.setitem(sys.modules, 'sklearn.manifold', None)
    with pytest.raises(ConfigError, match='pip install scikit-learn'):
        project(CROSS, 'tsne')


def test_names_stay_inside_and_do_not_overlap() -> None:
    """All classes in one corner: there is room for their names above each other only."""
    figure = Figure()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    names = [f'a long class name {number:02}' for number in range(12)]
    middles = np.full((12, 2), 0.999)
    middles[:, 1] -= np.linspace(0, 0.001, 12)
    found = _places(axes, middles, names)
    half = _LETTER * len(clip(names[0])) / 2
    assert found[:, 0].max() <= 1 - half + 1e-9
    assert found[:, 1].max() <= 1 - _LINE / 2 + 1e-9
    assert np.diff(np.sort(found[:, 1])).min() >= 0.9 * _LINE
