"""Which pipelines give an image the same pixels each time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from mmengine.dataset import Compose

from vamp_mm.engine.pipelines import pipeline_name, random_step
from vamp_mm.registry import TRANSFORMS

LOAD, PACK = dict(type='LoadRGBImage'), dict(type='mmpretrain.PackInputs')
RESIZE, CROP = (
    dict(type='mmpretrain.torchvision/Resize', size=32),
    dict(type='mmpretrain.torchvision/CenterCrop', size=32),
)


def dataset(*steps: dict) -> SimpleNamespace:
    return SimpleNamespace(pipeline=Compose([TRANSFORMS.build(step) for step in steps]))


@pytest.mark.parametrize('step', [
    dict(type='mmpretrain.torchvision/RandomResizedCrop', size=32),
    dict(type='mmpretrain.torchvision/RandomHorizontalFlip'),
    dict(type='mmpretrain.torchvision/ColorJitter'),
    dict(type='mmpretrain.RandAugment', policies='timm_increasing', num_policies=1, magnitude_level=1),
])  # fmt: skip
def test_a_random_step_is_found(step: dict) -> None:
    assert pipeline_name(dataset(LOAD, step, PACK)) is None
    assert random_step(dataset(LOAD, step, PACK)) is not None


def test_a_name_says_what_the_pixels_come_through() -> None:
    name = pipeline_name(dataset(LOAD, RESIZE, CROP, PACK))
    assert name == pipeline_name(dataset(LOAD, RESIZE, CROP, PACK))
    assert name is not None
    for other in (
        dataset(LOAD, dict(RESIZE, size=33), CROP, PACK),
        dataset(LOAD, CROP, RESIZE, PACK),
        dataset(LOAD, dict(RESIZE, interpolation='bicubic'), CROP, PACK),
    ):
        assert pipeline_name(other) not in (None, name)


def test_wrappers_are_looked_through() -> None:
    plain, small = dataset(LOAD, RESIZE, CROP, PACK), dataset(LOAD, dict(RESIZE, size=8), PACK)
    assert pipeline_name(SimpleNamespace(dataset=plain)) == pipeline_name(plain)
    assert pipeline_name(SimpleNamespace(datasets=[plain, plain])) == pipeline_name(plain)
    assert pipeline_name(SimpleNamespace(datasets=[plain, small])) is None
    assert random_step(SimpleNamespace(datasets=[plain, small])) is None
    # a dataset without a pipeline that we could read
    assert pipeline_name(SimpleNamespace()) is None
