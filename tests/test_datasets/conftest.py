"""A dataset of a few coloured noise images, written once per test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NAMES = ('red_ball', 'tree', 'old house')
SIZES = dict(train=5, val=3, test=2)


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    """Three classes, 5 / 3 / 2 images each, odd-sized PNGs, train and val listed class 2 first."""
    rng = np.random.default_rng(0)
    root = tmp_path / 'noise'
    lists: dict[str, list] = {}
    for part, count in SIZES.items():
        lists[part] = []
        for label in (2, 0, 1):
            for index in range(count):
                path = f'{label}/{part}_{index}.png'
                file = root / 'images' / path
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(rng.integers(0, 256, (37, 53, 3), dtype=np.uint8)).save(file)
                lists[part].append([path, label, NAMES[label]])
    (root / 'split.json').write_text(json.dumps(lists))
    return root


@pytest.fixture
def arguments(data_root: Path) -> dict:
    """Constructor arguments of FewShotDataset on that data."""
    return dict(
        data_root=str(data_root),
        source=dict(type='SplitFile', file='split.json', image_folder='images'),
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='mmpretrain.torchvision/RandomResizedCrop', size=16, scale=(0.5, 1.0)),
            dict(type='mmpretrain.torchvision/RandomHorizontalFlip'),
            dict(type='mmpretrain.PackInputs'),
        ],
    )
