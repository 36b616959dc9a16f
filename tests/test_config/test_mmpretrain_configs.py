"""Configs of mmpretrain itself pass the check; slips in them are found all the same."""

from __future__ import annotations

from pathlib import Path

import mmpretrain
import pytest
from mmengine.config import Config

from vamp_mm.apis import check_config
from vamp_mm.config.effect_check import without_effect
from vamp_mm.config.helper_variables import is_used

MMPRETRAIN = Path(mmpretrain.__file__).parent / '.mim' / 'configs'
VAMP = Path(__file__).parents[2] / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'
FILES = [
    'arcface/resnet50-arcface_8xb32_inshop.py', 'beitv2/beitv2_beit-base-p16_8xb256-amp-coslr-300e_in1k.py',
    'byol/byol_resnet50_16xb256-coslr-200e_in1k.py', 'clip/vit-base-p32_pt-64xb64_in1k.py',
    'conformer/conformer-tiny-p16_8xb128_in1k.py', 'convmixer/convmixer-768-32_10xb64_in1k.py',
    'convnext/convnext-tiny_32xb128_in1k.py', 'csra/resnet101-csra_1xb16_voc07-448px.py',
    'deit/deit-tiny_4xb256_in1k.py', 'densenet/densenet201_4xb256_in1k.py', 'edgenext/edgenext-small_8xb256_in1k.py',
    'efficientnet/efficientnet-b1_8xb32-01norm_in1k.py', 'hrnet/hrnet-w64_4xb32_in1k.py',
    'inception_v3/inception-v3_8xb32_in1k.py', 'mae/benchmarks/vit-base-p16_8xb128-coslr-100e_in1k.py',
    'maskfeat/maskfeat_vit-base-p16_8xb256-amp-coslr-300e_in1k.py', 'mobilenet_v3/mobilenet-v3-small_8xb16_cifar10.py',
    'mocov3/mocov3_vit-large-p16_64xb64-amp-coslr-300e_in1k.py', 'poolformer/poolformer-s12_32xb128_in1k.py',
    'regnet/regnetx-12gf_8xb64_in1k.py', 'repvgg/repvgg-A2_8xb32_in1k.py', 'resnet/resnet18_8xb32_in1k.py',
    'resnet/resnet50_8xb256-rsb-a1-600e_in1k.py', 'simclr/simclr_resnet50_8xb32-coslr-200e_in1k.py',
    'swin_transformer/swin-tiny_16xb64_in1k.py', 'tnt/tnt-s-p16_16xb64_in1k.py', 'vgg/vgg16_8xb16_voc.py',
    'vision_transformer/vit-base-p16_64xb64_in1k.py'
]  # fmt: skip


def _resnet() -> Config:
    return Config.fromfile(MMPRETRAIN / 'resnet/resnet18_8xb32_in1k.py')


@pytest.mark.parametrize('file', FILES)
def test_config_of_mmpretrain_is_sound(file: str) -> None:
    assert check_config(Config.fromfile(MMPRETRAIN / file)) == []


@pytest.mark.parametrize(('key', 'value', 'part'), [
    ('model.backbone.type', 'ResNett', "model.backbone.type: 'ResNett' is not a registered model; did you mean 'ResNet'"),
    ('model.backbone.depht', 18, "model.backbone: unknown key 'depht' of ResNet; did you mean 'depth'"),
    ('train_dataloader.dataset.pipeline.0.type', 'LoadImage', "'LoadImage' is not a registered transform"),
    ('auto_scale_lr.base_batchsize', 256, "auto_scale_lr: unknown key 'base_batchsize'; did you mean 'base_batch_size'?"),
    ('default_hooks.visualisation', 3, "default_hooks.visualisation=3 must be a dict with the key 'type'"),
    ('default_hooks.loger', dict(type='LoggerHook'), "default_hooks: unknown key 'loger'; did you mean 'logger'?"),
    ('train_cgf', dict(by_epoch=True, max_epochs=100, val_interval=1), "unknown key 'train_cgf'; did you mean 'train_cfg'"),
    ('max_epochs', 7, "the config: unknown key 'max_epochs'"),
])  # fmt: skip
def test_slip_in_a_config_of_mmpretrain_is_found(key: str, value: object, part: str) -> None:
    cfg = _resnet()
    cfg.merge_from_dict({key: value})
    assert any(part in problem for problem in check_config(cfg))


def test_helper_variables() -> None:
    cfg = Config.fromfile(VAMP)
    cfg.crop = cfg.train_dataloader.dataset.pipeline[1]  # used below
    cfg._rate = 0.5  # kept by MMEngine, and never read
    cfg.epochs = cfg.train_cfg.max_epochs
    assert check_config(cfg) == []
    cfg.epochs = 77
    cfg.data_root = '/elsewhere'
    cfg.amp = True
    end = '; name a helper variable _{0}, or delete it at the end of the file (del {0})'
    problems = check_config(cfg)
    assert len(problems) == 3
    for name, problem in zip(('epochs', 'data_root', 'amp'), problems, strict=True):
        assert problem.startswith(f'the config: unknown key {name!r}; ')
        assert problem.endswith(end.format(name))


def test_unused_helper_of_mmpretrain_is_said() -> None:
    cfg = _resnet()
    assert is_used(cfg, 'train_pipeline')
    assert not any('train_pipeline' in line for line in without_effect(cfg))
    # changed in a file that inherits: the loader keeps its own
    cfg.train_pipeline = [dict(type='LoadImageFromFile')]
    assert check_config(cfg) == []
    assert (
        'train_pipeline at the top level has no effect: it is a helper variable whose value is in no other part'
        in without_effect(cfg)
    )
