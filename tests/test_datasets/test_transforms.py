"""Image reading, and our test pipeline against open_clip's own preprocessing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from mmengine.dataset import Compose
from PIL import Image
from torchvision import transforms as T

from vamp_mm.datasets import LoadRGBImage, read_rgb
from vamp_mm.registry import MODELS, TRANSFORMS

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def noise(height: int, width: int, seed: int = 0) -> Image.Image:
    # low frequencies too, so that a shifted crop or another filter could not hide
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)).resize((width, height))
    return Image.blend(
        small, Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)), 0.4
    )


def save(image: Image.Image, folder: Path, kind: str) -> Path:
    """The image as a file of some kind that data sets hold."""
    exif = Image.Exif()
    exif[0x0112] = 6  # 'rotate by 90 degrees'
    how = {
        'png': ('png', image, {}),
        'jpeg': ('jpg', image, dict(quality=90)),
        'progressive jpeg': ('jpg', image, dict(quality=70, progressive=True)),
        'jpeg with exif': ('jpg', image, dict(exif=exif)),
        'palette': ('png', image.convert('P'), {}),
        'palette with transparency': ('gif', image.convert('P'), dict(transparency=3)),
        'grey': ('png', image.convert('L'), {}),
        'grey jpeg': ('jpg', image.convert('L'), {}),
        'grey with alpha': ('png', image.convert('LA'), {}),
        'rgba': ('png', Image.merge('RGBA', (*image.split(), image.convert('L'))), {}),
        'cmyk jpeg': ('jpg', image.convert('CMYK'), {}),
        'one bit': ('png', image.convert('1'), {}),
        'webp': ('webp', image, dict(quality=80)),
    }
    suffix, what, options = how[kind]
    file = folder / f'image.{suffix}'
    what.save(file, **options)
    return file


KINDS = [
    'png',
    'jpeg',
    'progressive jpeg',
    'jpeg with exif',
    'palette',
    'palette with transparency',
    'grey',
    'grey jpeg',
    'grey with alpha',
    'rgba',
    'cmyk jpeg',
    'one bit',
    'webp',
]


def clip_preprocess(size: int) -> T.Compose:
    """CLIP's preprocessing in the words of its authors, up to the tensor."""
    return T.Compose(
        [
            T.Resize(size, interpolation=T.InterpolationMode.BICUBIC),
            T.CenterCrop(size),
            lambda image: image.convert('RGB'),
            T.ToTensor(),
        ]
    )


def pipeline(size: int, *steps: dict) -> Compose:
    """Ours, as in the configs."""
    steps = steps or (
        dict(type='mmpretrain.torchvision/Resize', size=size, interpolation='bicubic'),
        dict(type='mmpretrain.torchvision/CenterCrop', size=size),
    )
    return Compose(
        [
            TRANSFORMS.build(step)
            for step in (dict(type='LoadRGBImage'), *steps, dict(type='mmpretrain.PackInputs'))
        ]
    )


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(('height', 'width'), [(301, 223), (97, 461), (33, 50), (65, 64)])
def test_the_test_pipeline_is_open_clips(
    tmp_path: Path, height: int, width: int, kind: str
) -> None:
    size = 64
    file = save(noise(height, width), tmp_path, kind)
    ours = pipeline(size)(dict(img_path=str(file), gt_label=0))['inputs']
    assert ours.dtype == torch.uint8
    with Image.open(file) as image:
        rgb = image.convert('RGB')
    # before normalisation: the same pixels, exactly. Both references get an image that is RGB already, as the loaders of
    # the benchmark give them (palettes would be resized as numbers otherwise).
    plain = open_clip.image_transform(size, is_train=False, mean=(0, 0, 0), std=(1, 1, 1))
    assert torch.equal(ours.float() / 255, plain(rgb))
    assert torch.equal(ours.float() / 255, clip_preprocess(size)(rgb))
    # after it, as mmpretrain's preprocessor does it (statistics times 255): one float32 rounding more
    theirs = open_clip.image_transform(size, is_train=False, mean=MEAN, std=STD)
    preprocessor = MODELS.build(
        dict(
            type='mmpretrain.ClsDataPreprocessor',
            mean=[255 * value for value in MEAN],
            std=[255 * value for value in STD],
        )
    )
    normalised = preprocessor(dict(inputs=ours[None]))['inputs'][0]
    torch.testing.assert_close(normalised, theirs(rgb), atol=1e-6, rtol=0)


@pytest.mark.parametrize('kind', ['jpeg', 'png', 'grey', 'jpeg with exif', 'webp'])
def test_an_unconverted_file_gives_the_same_too(tmp_path: Path, kind: str) -> None:
    """open_clip converts after resizing: for colour and grey images that is the same."""
    file = save(noise(120, 173), tmp_path, kind)
    ours = pipeline(64)(dict(img_path=str(file), gt_label=0))['inputs']
    plain = open_clip.image_transform(64, is_train=False, mean=(0, 0, 0), std=(1, 1, 1))
    assert torch.equal(ours.float() / 255, plain(Image.open(file)))


@pytest.mark.parametrize('scale', [(0.08, 1.0), (0.5, 1.0)], ids=['CoOp', 'MMRL and VaMP'])
@pytest.mark.parametrize('kind', ['jpeg', 'palette', 'cmyk jpeg'])
def test_training_crops_are_torchvisions(
    tmp_path: Path, scale: tuple[float, float], kind: str
) -> None:
    file = save(noise(151, 203), tmp_path, kind)
    ours = pipeline(
        48,
        dict(
            type='mmpretrain.torchvision/RandomResizedCrop',
            size=48,
            scale=scale,
            interpolation='bicubic',
        ),
        dict(type='mmpretrain.torchvision/RandomHorizontalFlip'),
    )
    theirs = T.Compose(
        [
            T.RandomResizedCrop(
                48, scale, ratio=(3 / 4, 4 / 3), interpolation=T.InterpolationMode.BICUBIC
            ),
            T.RandomHorizontalFlip(0.5),
            T.PILToTensor(),
        ]
    )
    with Image.open(file) as image:
        rgb = image.convert('RGB')
    seen = []
    for seed in range(8):
        torch.manual_seed(seed)
        got = ours(dict(img_path=str(file), gt_label=0))['inputs']
        torch.manual_seed(seed)
        assert torch.equal(got, theirs(rgb))
        seen.append(got)
    assert not all(torch.equal(seen[0], other) for other in seen[1:])


def test_the_default_scale_of_a_crop_is_that_of_the_coop_family() -> None:
    crop = TRANSFORMS.build(dict(type='mmpretrain.torchvision/RandomResizedCrop', size=48))
    assert (crop.t.scale, crop.t.ratio) == ((0.08, 1.0), (3 / 4, 4 / 3))


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
