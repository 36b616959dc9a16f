"""Checkpoints as runs write them, of any method, over a small random CLIP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helpers_models as helpers
import torch
from methods import Method
from mmengine.config import Config

from vamp_mm.engine import save_checkpoint
from vamp_mm.models import PromptedCLIPBackbone

PIPELINE = [
    dict(type='LoadRGBImage'),
    dict(type='mmpretrain.torchvision/Resize', size=32, interpolation='bicubic'),
    dict(type='mmpretrain.torchvision/CenterCrop', size=32),
    dict(type='mmpretrain.PackInputs'),
]


def write_checkpoint(
    row: Method, backbone: PromptedCLIPBackbone, clip: dict[str, str], file: Path
) -> Any:
    """Write a checkpoint as a run would, with moved weights; return its model."""
    model = helpers.build_method(backbone, row.prompter, row.head, **row.arguments)
    if row.stage > 1:
        model.prompter.enter_stage(
            row.stage, torch.randn(5, 40, generator=torch.Generator().manual_seed(5))
        )
    helpers.stir(model)
    model.eval()
    save_checkpoint({'state_dict': model.state_dict(), 'meta': meta_of(config_of(row, clip))}, file)
    return model


def config_of(row: Method, clip: dict[str, str]) -> Config:
    """What a run of a method would have as model and test transforms."""
    return Config(
        dict(
            model=dict(
                type='PromptedClassifier',
                backbone=dict(type='PromptedCLIPBackbone', **clip),
                prompter=row.prompter,
                head=row.head,
                **row.arguments,
            ),
            test_dataloader=dict(dataset=dict(pipeline=PIPELINE)),
            default_scope='vamp_mm',
        )
    )


def meta_of(config: Config) -> dict[str, Any]:
    """What a checkpoint says of its run."""
    return {
        'cfg_text': config.pretty_text,
        'dataset_meta': {'classes': helpers.NAMES, 'templates': ['a photo of a {}.']},
    }
