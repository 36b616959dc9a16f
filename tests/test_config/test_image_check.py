"""Pipelines that resize in another way than the weights were trained with are named."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mmengine.config import Config

from vamp_mm.apis import compose
from vamp_mm.config.image_check import image_problems

CONFIGS = Path(__file__).parents[2] / 'configs'


def _backbone(**changes: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            **dict(interpolation='bicubic', resize_mode='shortest', image_size=(224, 224)),
            **changes,
        }
    )


def test_published_configs_go_with_openais_weights() -> None:
    for name in ('coop/coop_vit-b16_caltech101.py', 'mmrl/mmrl_icons.py'):
        assert image_problems(compose(CONFIGS / name), _backbone()) == []


def test_other_weights_want_other_pictures() -> None:
    cfg = compose(CONFIGS / 'coop/coop_vit-b16_caltech101.py')
    assert image_problems(cfg, _backbone(interpolation='bilinear')) == [
        f"{loader}.dataset.pipeline[1].interpolation='bicubic', and the weights of the backbone were trained with 'bilinear': "
        'set it to that, or the accuracy suffers'
        for loader in ('train_dataloader', 'test_dataloader')
    ]
    assert image_problems(cfg, _backbone(resize_mode='squash')) == [
        'test_dataloader.dataset.pipeline[1] resizes the shorter side, and the weights of the backbone were trained with '
        "resize_mode='squash': set size=(224, 224) without a crop"
    ]


def test_wrapped_datasets_and_defaults_are_seen() -> None:
    step = dict(type='mmpretrain.torchvision/Resize', size=(224, 224))
    cfg = Config(
        dict(
            test_dataloader=dict(dataset=dict(type='RepeatDataset', dataset=dict(pipeline=[step])))
        )
    )
    assert image_problems(cfg, _backbone(interpolation='bilinear', resize_mode='squash')) == []
    problems = image_problems(cfg, _backbone())
    assert [text.split(' ')[0] for text in problems] == [
        "test_dataloader.dataset.dataset.pipeline[0].interpolation='bilinear',",
        'test_dataloader.dataset.dataset.pipeline[0]',
    ]
    assert image_problems(cfg, SimpleNamespace()) == []
