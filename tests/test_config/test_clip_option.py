"""Another CLIP in one option: every method on towers of all kinds, built on their outlines."""

from __future__ import annotations

from pathlib import Path

import open_clip
import pytest

from vamp_mm.config.compose import compose
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.identity import config_hash
from vamp_mm.config.shape_check import outline_of
from vamp_mm.config.validate import check_config

CONFIGS = Path(__file__).parents[2] / 'configs'
FILES = sorted(CONFIGS.glob('*/*_vit-b16_caltech101.py'))
#: Towers -> how many methods they refuse, and what the sentence says.
TOWERS = {
    'ViT-B-32': (0, ''),
    'ViT-B-16': (0, ''),
    'ViT-L-14': (0, ''),
    'ViT-L-14-336': (0, ''),
    'EVA02-B-16': (0, ''),
    # MMRL++ starts from a projection, which these towers do not have
    'ViT-B-16-SigLIP': (1, "use readout=dict(type='TokenReadout')"),
    'ViT-B-16-SigLIP2': (1, "use readout=dict(type='TokenReadout')"),
    'MobileCLIP-B': (0, ''),
    # IVLP, PromptSRC, VPT twice, MaPLe and MMRL also as VaMP, MMA, MMRL++, SkipT, 2SFS
    'RN50': (12, 'use a method of the text side (CoOp, '),
}


@pytest.mark.parametrize('tower', TOWERS)
def test_every_method_fits_or_says_what_does(tower: str) -> None:
    refused = []
    for file in FILES:
        cfg = compose(file, arch=tower, pretrained='weights.pt', work_dir='run')
        refused += check_config(cfg)[:1]
    number, words = TOWERS[tower]
    assert len(refused) == number, refused
    assert all(words in problem for problem in refused), refused


@pytest.mark.parametrize('name', ['siglip', 'siglip2'])
def test_a_tokenizer_that_is_not_here_is_said_and_the_shapes_are_checked(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError("No module named 'transformers'", name='transformers')

    said: list[str] = []
    monkeypatch.setattr(open_clip, 'get_tokenizer', absent)
    monkeypatch.setattr(
        'vamp_mm.models.clip.outline.print_log', lambda words, *_: said.append(words)
    )
    outline_of.cache_clear()
    cfg = compose(CONFIGS / 'vamp' / f'vamp_mmrl_{name}-b16_caltech101.py')
    assert check_config(cfg) == []
    (words,) = said
    assert (
        'needs the package transformers: pip install transformers sentencepiece. A training needs it'
        in words
    )
    size = cfg.test_dataloader.dataset.pipeline[1].size
    assert tuple(size) == (224, 224)  # squashed, as SigLIP was trained
    cfg.model.prompter.depth = 13
    assert len(check_config(cfg)) > 0


def test_sizes_layers_and_weights_follow_and_are_said() -> None:
    cfg = compose(
        CONFIGS / 'promptsrc' / 'promptsrc_vit-b16_caltech101.py',
        arch='ViT-L-14-336',
        pretrained='openai',
    )
    assert (cfg.model.backbone.arch, cfg.model.backbone.pretrained) == ('ViT-L-14-336', 'openai')
    assert (cfg.model.prompter.vision_depth, cfg.model.prompter.text_depth) == (18, 9)
    for loader in (cfg.train_dataloader, cfg.test_dataloader):
        sizes = [step.size for step in loader.dataset.pipeline if 'size' in step]
        assert set(sizes) == {336}
    log = cfg.run.settings_log
    assert log[1] == (
        'CLIP ViT-L-14-336, openai: images of 336 x 336 pixels, 24 image and 12 text blocks'
    )
    assert (
        'model.prompter.vision_depth = 18: the share of the blocks that 9 is in ViT-B-16 (no paper says it)'
        in log
    )
    assert cfg.work_dir == 'work_dirs/promptsrc_vit-b16_caltech101_ViT-L-14-336'


def test_published_layers_of_the_protocol_are_the_ones_that_are_scaled() -> None:
    """MaPLe's cross-dataset runs edit three blocks, its base-to-novel runs nine."""
    file = CONFIGS / 'maple' / 'maple_vit-b16_caltech101.py'
    for protocol, depth in (('base-to-novel', 18), ('cross-dataset', 6)):
        cfg = compose(file, protocol=protocol, arch='ViT-bigG-14', pretrained='laion2b_s39b_b160k')
        assert (cfg.model.prompter.depth, cfg.model.prompter.host.depth) == (
            round(depth * 32 / 24),
            round(depth * 32 / 24),
        )


def test_what_the_command_line_sets_stays() -> None:
    cfg = compose(
        CONFIGS / 'promptsrc' / 'promptsrc_vit-b16_caltech101.py',
        arch='ViT-L-14',
        overrides={'model.prompter.vision_depth': 2},
    )
    assert cfg.model.prompter.vision_depth == 2
    assert (
        cfg.model.backbone.pretrained == 'openai'
    )  # the tag of the config, which this one has too


def test_siglip_squashes_images() -> None:
    """Its published weights were trained on images resized on both sides; open_clip records so."""
    cfg = compose(CONFIGS / 'clip' / 'zero_shot_icons.py')
    before = cfg.test_dataloader.dataset.pipeline[1]
    assert before.size == 64
    from vamp_mm.config.clip_option import _resize_as
    from vamp_mm.models.clip.origin import Traits

    traits = Traits.of(open_clip.get_pretrained_cfg('ViT-B-16-SigLIP', 'webli'), False, 'test')
    step = dict(type='mmpretrain.torchvision/Resize', size=224, interpolation='bilinear')
    _resize_as(step, traits, (224, 224))
    assert step['size'] == (224, 224)
    assert step['interpolation'] == 'bicubic'


def test_the_config_s_own_clip_changes_nothing() -> None:
    for file in (CONFIGS / 'vamp' / 'vamp_mmrl_icons.py', FILES[0]):
        plain = compose(file, work_dir='run')
        backbone = plain.model.backbone
        again = compose(file, arch=backbone.arch, pretrained=backbone.pretrained, work_dir='run')
        assert config_hash(again) == config_hash(plain)


@pytest.mark.parametrize(
    ('options', 'sentence'),
    [
        (dict(arch='ViT-L14'), "arch='ViT-L14' is not known to open_clip; did you mean 'ViT-L-14'"),
        (dict(arch='nothing.json'), "arch='nothing.json': no such architecture file"),
        (
            dict(arch='EVA02-B-16'),
            "--arch EVA02-B-16: there are no weights 'openai' of it; name some with --pretrained, allowed: merged2b_s8b_b131k",
        ),
        (
            dict(arch='ViT-L-14', overrides={'model.backbone.arch': 'ViT-B-32'}),
            '--cfg-options sets model.backbone.arch too; keep one of the two',
        ),
        (
            dict(pretrained='a.pt', overrides={'model.backbone': {'pretrained': 'b.pt'}}),
            '--cfg-options sets model.backbone.arch and model.backbone.pretrained too',
        ),
        (
            dict(arch='MobileCLIP-S1', pretrained='datacompdr'),
            'vision tower FastVit has no transformer blocks to prompt',
        ),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(options: dict, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose(FILES[0], **options)
    assert sentence in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('options', [dict(arch='ViT-L-14'), dict(pretrained='openai')])
def test_a_config_whose_clip_is_only_known_from_its_weights_says_so(
    options: dict, tmp_path: Path
) -> None:
    """Its blocks are not known, so there is no share to keep."""
    file = tmp_path / 'mine.py'
    file.write_text(f'_base_ = {str(FILES[0])!r}\nmodel = dict(backbone=dict(arch=None))\n')
    with pytest.raises(ConfigError, match='this config names none; set model.backbone.arch in it'):
        compose(file, **options)
