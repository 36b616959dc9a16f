"""Image reading, and our test pipeline against open_clip's own preprocessing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from mmengine.dataset import Compose
from PIL import Image

from vamp_mm.datasets import LoadRGBImage, read_rgb
from vamp_mm.registry import TRANSFORMS

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def noise(height: int, width: int, seed: int = 0) -> Image.Image:
    # low frequencies too, so that a shifted crop or another filter could not hide
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)).resize((width, height))
    return Image.blend(
        small, Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)), 0.4
    )


@pytest.mark.parametrize(('height', 'width'), [(301, 223), (97, 461), (33, 50), (65, 64)])
def test_the_test_pipeline_is_open_clips(tmp_path: Path, height: int, width: int) -> None:
    size = 64
    file = tmp_path / 'image.png'
    noise(height, width).save(file)
    steps = [
        dict(type='LoadRGBImage'),
        dict(type='mmpretrain.torchvision/Resize', size=size, interpolation='bicubic'),
        dict(type='mmpretrain.torchvision/CenterCrop', size=size),
        dict(type='mmpretrain.PackInputs'),
    ]
    ours = Compose([TRANSFORMS.build(step) for step in steps])(
        dict(img_path=str(file), gt_label=0)
    )['inputs']
    theirs = open_clip.image_transform(size, is_train=False, mean=MEAN, std=STD)
    assert ours.dtype == torch.uint8
    # before normalisation: the same pixels, exactly
    plain = open_clip.image_transform(size, is_train=False, mean=(0, 0, 0), std=(1, 1, 1))
    assert torch.equal(ours.float() / 255, plain(Image.open(file)))
    # after it, as mmpretrain's preprocessor does it (statistics times 255): one float32 rounding
    # more
    normalised = (ours.float() - torch.tensor(MEAN)[:, None, None] * 255) / (
        torch.tensor(STD)[:, None, None] * 255
    )
    torch.testing.assert_close(normalised, theirs(Image.open(file)), atol=1e-6, rtol=0)


def test_loads_rgb_without_exif_rotation(tmp_path: Path) -> None:
    file = tmp_path / 'rotated.jpg'
    exif = Image.Exif()
    exif[0x0112] = 6  # 'rotate by 90 degrees'
    noise(20, 30).save(file, exif=exif)
    results = LoadRGBImage()(dict(img_path=str(file)))
    assert results['img'].size == (30, 20)
    assert results['ori_shape'] == (20, 30)


@pytest.mark.parametrize('mode', ['L', 'P', 'RGBA', 'CMYK', '1'])
def test_every_8_bit_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    file = tmp_path / ('image.tiff' if mode == 'CMYK' else 'image.png')
    noise(9, 9).convert(mode).save(file)
    with Image.open(file) as image:
        expected = np.asarray(image.convert('RGB'))
    np.testing.assert_array_equal(np.asarray(read_rgb(str(file))), expected)


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    text, cut, deep = tmp_path / 'text.jpg', tmp_path / 'cut.jpg', tmp_path / 'deep.png'
    text.write_text('no image')
    noise(64, 64).save(cut)
    cut.write_bytes(cut.read_bytes()[:700])
    Image.fromarray(np.full((4, 4), 40_000, dtype=np.uint16)).save(deep)
    for file, why in (
        (text, 'cannot identify'),
        (cut, 'truncated'),
        (deep, '8 bits'),
        (tmp_path / 'gone.png', 'No such file'),
    ):
        with pytest.raises(OSError, match=why) as caught:
            LoadRGBImage()(dict(img_path=str(file)))
        assert str(file) in str(caught.value)
