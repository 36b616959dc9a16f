"""What does not fit the CLIP of a config is said before weights are loaded, with the sizes and the keys to set."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import helpers_models as helpers
import pytest
import torch
from mmengine.config import Config

from vamp_mm import apis
from vamp_mm.apis import ConfigError, check_config, compose
from vamp_mm.config.effect_check import without_effect
from vamp_mm.config.image_sizes import pipeline_sizes
from vamp_mm.models.clip import CLIPOutline, VisionTower
from vamp_mm.structures import TowerPlan

CONFIGS = Path(__file__).parents[2] / 'configs'
TV = 'mmpretrain.torchvision/'


@pytest.fixture(autouse=True)
def _no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError('weights were loaded')

    monkeypatch.setattr('vamp_mm.models.backbones.prompted_clip.load_clip', refuse)


def _problems(file: str, overrides: dict[str, Any]) -> list[str]:
    return check_config(compose(CONFIGS / file, overrides=overrides))


def test_another_architecture_on_the_icons() -> None:
    changes = {'model.backbone.arch': 'ViT-B-16', 'model.backbone.pretrained': 'openai'}
    told = (
        "model.backbone.arch='ViT-B-16' takes images of 224 x 224 pixels, and the pipelines give 64 x 64: set "
        'test_dataloader.dataset.pipeline.1.size=224, test_dataloader.dataset.pipeline.2.size=224, '
        'train_dataloader.dataset.pipeline.1.size=224 with --cfg-options (in a config of your own: '
        '_base_.test_dataloader.dataset.pipeline[1].size = 224), or take an architecture for images of another size'
    )
    assert _problems('coop/coop_icons.py', changes) == [told]
    with pytest.raises(ConfigError) as caught:
        apis.test(
            compose(
                CONFIGS / 'clip/zero_shot_icons.py', overrides={**changes, 'work_dir': 'unused'}
            ),
            None,
        )
    assert 'takes images of 224 x 224 pixels, and the pipelines give 64 x 64' in str(caught.value)
    sizes = {
        f'{part}_dataloader.dataset.pipeline.{index}.size': 224
        for part, index in (('train', 1), ('test', 1), ('test', 2))
    }
    assert _problems('coop/coop_icons.py', {**changes, **sizes}) == []


def test_an_architecture_of_a_file(tmp_path: Path) -> None:
    config = helpers.small_config(vision=dict(image_size=96))
    (tmp_path / 'arch.json').write_text(json.dumps(config), encoding='utf-8')
    problems = _problems(
        'clip/zero_shot_icons.py',
        {'model.backbone.arch': str(tmp_path / 'arch.json'), 'model.backbone.pretrained': None},
    )
    assert len(problems) == 1
    assert 'takes images of 96 x 96 pixels, and the pipelines give 64 x 64' in problems[0]


def test_a_crop_beyond_the_resized_image_is_no_image_of_that_size() -> None:
    assert _problems('coop/coop_icons.py', {'test_dataloader.dataset.pipeline.1.size': 48}) == [
        "model.backbone.arch='ViT-Ti-16-64-icons' takes images of 64 x 64 pixels, and the pipelines give 48 x 48 padded to "
        '64 x 64: set test_dataloader.dataset.pipeline.1.size=64 with --cfg-options (in a config of your own: '
        '_base_.test_dataloader.dataset.pipeline[1].size = 64), or take an architecture for images of another size'
    ]


@pytest.mark.parametrize(('steps', 'sizes'), [
    ([dict(type='LoadRGBImage'), dict(type=TV + 'Resize', size=72), dict(type=TV + 'CenterCrop', size=[64, 48]),
      dict(type='PackInputs')], [('1.size', (72, 72)), ('2.size', (64, 48))]),
    ([dict(type='Resize', scale=(64, 48))], [('0.scale', (48, 64))]),
    ([dict(type='Resize', scale=(64, 48), keep_ratio=True)], []),
    ([dict(type='mmpretrain.ResizeEdge', scale=80), dict(type='mmpretrain.CenterCrop', crop_size=64)],
     [('0.scale', (80, 80)), ('1.crop_size', (64, 64))]),
    ([dict(type='RandomResizedCrop', scale=64), dict(type='RandomFlip', prob=0.5)], [('0.scale', (64, 64))]),
    ([dict(type=TV + 'CenterCrop', size=64), dict(type='MyOwnZoom')], []),
    ([dict(type='LoadRGBImage'), dict(type='PackInputs')], []),
])  # fmt: skip
def test_the_size_that_a_pipeline_ends_with(steps: list[dict], sizes: list) -> None:
    assert pipeline_sizes(steps) == sizes


@pytest.mark.parametrize(
    ('file', 'overrides', 'told'),
    [
        (
            'vamp/vamp_mmrl_icons.py',
            {'model.prompter.start': 9},
            'model.prompter: text blocks start=9, depth=3 do not exist: this tower has 6 blocks',
        ),
        (
            'vamp/vamp_mmrl_icons.py',
            {'model.prompter.host.depth': 9},
            'model.prompter.host: vision blocks start=3, depth=9',
        ),
        (
            'mma/mma_icons.py',
            {'model.prompter.adapter.start': 5},
            'model.prompter.adapter: blocks start=5, depth=',
        ),
        (
            'vpt/vpt_deep_icons.py',
            {'model.prompter.vision_depth': 7},
            'model.prompter: vision blocks vision_depth=7 do not exist: this tower has 6 blocks, 0..5; choose vision_depth <= 6',
        ),
        (
            'twosfs/twosfs_icons.py',
            {'model.prompter.adapter.text_start': 7},
            "model.prompter.adapter: text='*.ln_[12].*' with text_start=7 finds no weight to train",
        ),
        (
            'coop/coop_icons.py',
            {'model.prompter.context': None, 'model.prompter.num_tokens': 30},
            'needs 34 tokens, the text tower takes 32',
        ),
        (
            'tcp/tcp_icons.py',
            {'model.prompter.text_tokens.layer': 6},
            'model.prompter.text_tokens: text blocks layer=6 do not exist: this tower has 6 blocks, 0..5; choose layer <= 5',
        ),
        (
            'coop/coop_icons.py',
            {'model.backbone.arch': 'ViT-C-99'},
            "model.backbone: arch='ViT-C-99' is not known",
        ),
        (
            'vpt/vpt_deep_vit-b16_caltech101.py',
            {'model.backbone.arch': 'RN50'},
            'the vision tower is a ResNet, without blocks',
        ),
    ],
)
def test_blocks_and_tokens(file: str, overrides: dict[str, Any], told: str) -> None:
    problems = _problems(file, overrides)
    assert len(problems) == 1
    assert told in problems[0]


def test_the_check_leaves_the_random_numbers_alone() -> None:
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    assert _problems('vamp/vamp_maple_icons.py', {}) == []
    assert torch.equal(torch.random.get_rng_state(), state)


def test_an_outline_has_the_sizes_of_the_model() -> None:
    outline = CLIPOutline('ViT-L-14')
    assert (outline.image_size, outline.embed_dim) == ((224, 224), 768)
    assert (outline.vision.width, outline.vision.depth, outline.text.width, outline.text.depth) == (
        1024,
        24,
        768,
        12,
    )
    assert all(value.is_meta for value in outline.vision.parameters())
    assert outline.embed(outline.tokenize(['a cat']).ids).shape[-1] == 768


def test_the_tower_itself_refuses_other_images() -> None:
    model = helpers.build_open_clip(helpers.small_config())
    tower = VisionTower(model.visual)
    side = tower.image_size[0]
    with pytest.raises(
        ValueError,
        match=f'images of {side + 16} x {side} pixels, and the vision tower takes {side} x {side}',
    ):
        tower(torch.zeros(1, 3, side + 16, side), TowerPlan())


@pytest.mark.parametrize(('extra', 'told'), [
    ("default_hooks = dict(checkpoint=dict(save_best='auto'))",
     "default_hooks.checkpoint.save_best='auto' has no effect: this run never validates (the config has no val_cfg)"),
    ("custom_hooks = [dict(type='VocabularyHook'), dict(type='EarlyStoppingHook', monitor='accuracy')]",
     'custom_hooks.1 (EarlyStoppingHook) has no effect: this run never validates'),
    ('default_hooks = dict(checkpoint=dict(interval=99))',
     'default_hooks.checkpoint.interval=99 is more than the 10 epochs of this run: only the last epoch is saved'),
    ("param_scheduler = dict(_delete_=True, type='MultiStepLR', milestones=[20, 30])",
     'param_scheduler.milestones=[20, 30] have no effect: the run ends at 10'),
    ("model = dict(prompter=dict(tokens='deterministic'), head=dict(kl=None))",
     "model.prompter.test_samples=10 has no effect with model.prompter.tokens='deterministic'"),
    ('train_cfg = dict(val_interval=5)', 'train_cfg.val_interval=5 has no effect: the config has no val_cfg'),
    ('resume = True', 'resume=True in the config has no effect; start the command with --resume'),
])  # fmt: skip
def test_settings_without_effect_are_said_when_training(
    tmp_path: Path, extra: str, told: str
) -> None:
    file = tmp_path / 'mine.py'
    file.write_text(
        f"_base_ = '{(CONFIGS / 'vamp' / 'vamp_mmrl_icons.py').as_posix()}'\n{extra}\n",
        encoding='utf-8',
    )
    cfg = Config.fromfile(file)
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            'vamp_mm.config.validate.print_log',
            lambda text, logger, level: said.append((text, level)),
        )
        apis.validate_config(cfg)
        assert said == []
        apis.validate_config(cfg, training=True)
    assert all(level == logging.WARNING for _, level in said)
    assert any(text.startswith(told) for text, _ in said)


def test_sound_configs_say_nothing() -> None:
    for path in sorted(CONFIGS.rglob('*_icons.py')):
        if '_base_' not in path.parts:
            assert without_effect(Config.fromfile(path)) == []
