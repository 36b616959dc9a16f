"""The sheet of images and the timing of loaders, on a few drawn images."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image
from rich.console import Console

from vamp_mm.analysis.speed.loader import benchmark_loader
from vamp_mm.config.errors import ConfigError
from vamp_mm.data_tools.browse import browse
from vamp_mm.visualization.contact_sheet import Shown, contact_sheet

COLORS = {'red': (200, 20, 20), 'blue': (20, 20, 200), 'green': (20, 160, 20)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lists: dict[str, list] = dict(train=[], val=[], test=[])
    for label, (name, color) in enumerate(COLORS.items()):
        for part in ('train', 'test'):
            for index in range(2):
                file = tmp_path / 'own' / name / f'{part}_{index}.png'
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.new('RGB', (40, 30), color).save(file)
                lists[part].append([f'{name}/{file.name}', label, name])
    (tmp_path / 'split.json').write_text(json.dumps(lists))
    return tmp_path


@pytest.fixture
def cfg(root: Path) -> Config:
    def loader(part: str, *steps: dict) -> dict:
        pipeline = [dict(type='LoadRGBImage'), *steps, dict(type='mmpretrain.PackInputs')]
        source = dict(type='SplitFile', file='split.json', image_folder='own')
        return dict(
            dataset=dict(
                type='vamp_mm.FewShotDataset',
                data_root=str(root),
                source=source,
                split=part,
                pipeline=pipeline,
            )
        )

    return Config(
        dict(
            default_scope='vamp_mm',
            train_dataloader=loader(
                'train', dict(type='mmpretrain.torchvision/RandomResizedCrop', size=24)
            ),
            test_dataloader=loader('test', dict(type='mmpretrain.torchvision/CenterCrop', size=24)),
            test_cfg=dict(splits=dict(novel=dict(seen=False, dataset=dict(class_split='novel')))),
        )
    )


@pytest.mark.parametrize(('split', 'views'), [('train', None), ('test', None), ('novel', 3)])
def test_a_sheet_shows_the_images(
    cfg: Config, tmp_path: Path, split: str, views: int | None
) -> None:
    file = browse(cfg, str(tmp_path / 'new' / 'sheet.png'), split, number=4, views=views)
    with Image.open(file) as image:
        pixels = np.asarray(image.convert('RGB')).reshape(-1, 3)
    shown = {name for name, color in COLORS.items() if (pixels == color).all(axis=1).mean() > 0.005}
    # novel: the last class of three; of six images four are shown, from two classes at least
    assert shown == {'green'} if split == 'novel' else len(shown) >= 2


def test_an_unknown_split_is_refused(cfg: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'novel'"):
        browse(cfg, str(tmp_path / 'sheet.png'), 'novl')
    with pytest.raises(ConfigError, match='number=0'):
        browse(cfg, str(tmp_path / 'sheet.png'), number=0)
    image = Image.new('RGB', (8, 8))
    with pytest.raises(ValueError, match='one number of draws'):
        contact_sheet(
            [Shown('a', '', image, [image]), Shown('b', '', image, [image] * 2)],
            tmp_path / 'x.png',
            'x',
        )


@pytest.mark.parametrize('train', [True, False])
def test_three_ways_of_loading_are_timed(root: Path, train: bool) -> None:
    printed = io.StringIO()
    result = benchmark_loader(
        str(root / 'own'),
        number=9,
        size=16,
        batch_size=4,
        workers=0,
        rounds=2,
        train=train,
        console=Console(file=printed, width=200),
    )
    assert result['setting']['images'] == 9
    assert result['ratios']['torchvision ImageFolder'] == 1
    for rate in result['rates'].values():
        assert 0 < rate.low <= rate.median <= rate.high
    assert 'times ImageFolder' in printed.getvalue()


def test_an_image_that_cannot_be_read_is_left_out_and_named(
    cfg: Config, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        'vamp_mm.data_tools.browse.print_log', lambda text, *args: said.append(text)
    )
    (root / 'own' / 'red' / 'test_0.png').write_bytes(b'no picture')
    file = browse(cfg, str(root / 'sheet.png'), 'test', number=6)
    with Image.open(file) as image:
        pixels = np.asarray(image.convert('RGB')).reshape(-1, 3)
    assert all((pixels == color).all(axis=1).mean() > 0.005 for color in COLORS.values())
    assert len(said) == 1
    assert 'left out of the sheet: cannot read image' in said[0]
    assert 'test_0.png' in said[0]
    for path in (root / 'own').rglob('test_*.png'):
        path.write_bytes(b'no picture')
    with pytest.raises(ConfigError, match='none of the 6 images that were chosen can be read'):
        browse(cfg, str(root / 'sheet.png'), 'test', number=6)
