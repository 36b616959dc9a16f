"""What belongs to weights comes with the weights: activation, image statistics, and how images are resized."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from pathlib import Path

import helpers_models as helpers
import open_clip
import pytest
import torch
from open_clip.transformer import QuickGELU
from safetensors.torch import save_file
from torch import Tensor

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.models.clip import architecture, hub, load_clip, loading, weight_source
from vamp_mm.models.clip.architecture import Architecture, find_architecture
from vamp_mm.models.clip.origin import (
    Traits,
    UnknownOriginError,
    WeightFile,
    traits_of_file,
    traits_of_tag,
)
from vamp_mm.weight_files import CheckpointError

TAGS = open_clip.list_pretrained()
#: Architectures whose published weights differ in what belongs to them.
MIXED = {'ViT-B-32', 'ViT-B-16', 'ViT-L-14', 'ViT-H-14', 'ViT-H-14-quickgelu', 'ViT-bigG-14'}


def _published(arch: str) -> Architecture:
    return find_architecture(arch, wants_weights=False)


def _recorded(arch: str, tag: str) -> Traits:
    record = open_clip.get_pretrained_cfg(arch, tag)
    return Traits(
        bool(record.get('quick_gelu')),
        *(record[key] for key in ('mean', 'std', 'interpolation', 'resize_mode')),
    )


def test_open_clip_has_the_tags_that_this_was_written_for() -> None:
    assert len(TAGS) > 150
    assert ('ViT-B-16', 'openai') in TAGS


@pytest.mark.parametrize(('arch', 'tag'), TAGS, ids='/'.join)
def test_a_local_copy_of_published_weights_is_used_like_the_tag_or_refused(
    arch: str, tag: str, tmp_path: Path
) -> None:
    published, expected = _published(arch), _recorded(arch, tag)
    assert traits_of_tag(published, tag, published.tags[tag]) == expected
    copy = tmp_path / 'weights.pt'
    copy.touch()
    named = weight_source.weight_source(published, f'{tag}@{copy}', None)
    assert (named.file, traits_of_tag(published, named.tag, named.record)) == (copy, expected)
    if arch in MIXED:
        with pytest.raises(UnknownOriginError) as caught:
            traits_of_file(published, WeightFile(copy))
        assert f"pretrained='{next(iter(published.tags))}@{copy}'" in str(caught.value)
        assert '\n' not in str(caught.value)
    else:
        assert traits_of_file(published, WeightFile(copy))[0] == expected


def test_the_candidates_are_listed_by_what_they_have() -> None:
    with pytest.raises(UnknownOriginError) as caught:
        traits_of_file(_published('ViT-L-14'), WeightFile(Path(__file__)))
    groups = re.findall(
        r'(QuickGELU|GELU), mean (\([^)]*\)), std \([^)]*\) \(([^)]*)\)', str(caught.value)
    )
    assert [(kind, mean) for kind, mean, _ in groups] == [
        ('QuickGELU', '(0.481, 0.458, 0.408)'),
        ('GELU', '(0.481, 0.458, 0.408)'),
        ('GELU', '(0.5, 0.5, 0.5)'),
    ]
    assert groups[2][2] == 'laion2b_s32b_b82k'
    with pytest.raises(
        UnknownOriginError,
        match=r'differ in what belongs to them: shortest \(.*\); squash \(dfn5b\)\. Name',
    ):
        traits_of_file(_published('ViT-H-14-quickgelu'), WeightFile(Path(__file__)))


def test_what_the_user_sets_needs_no_origin() -> None:
    record = dict(interpolation='bicubic', resize_mode='shortest', std=(0.2,) * 3)
    both = Architecture(
        'mine', {}, tags={'a': dict(record, mean=(0.1,) * 3), 'b': dict(record, mean=(0.3,) * 3)}
    )
    with pytest.raises(UnknownOriginError):
        traits_of_file(both, WeightFile(Path(__file__)))
    traits, _ = traits_of_file(both, WeightFile(Path(__file__)), mean=(0.2,) * 3)
    assert (traits.quick_gelu, traits.std) == (False, (0.2,) * 3)


def test_files_are_recognised(tmp_path: Path) -> None:
    vit = _published('ViT-B-16')
    file = tmp_path / 'ViT-B-16.pt'
    file.write_bytes(b'weights')
    traits, why = traits_of_file(vit, WeightFile(file, is_openai=True))
    assert (traits.quick_gelu, why) == (True, "the file is one of OpenAI's own")
    cached = (
        tmp_path
        / 'models--timm--vit_base_patch16_clip_224.laion2b'
        / 'snapshots'
        / 'a'
        / 'open_clip_model.safetensors'
    )
    cached.parent.mkdir(parents=True)
    cached.touch()
    tags = {
        'one': dict(
            vit.tags['openai'], hf_hub='timm/vit_base_patch16_clip_224.laion2b/', quick_gelu=False
        ),
        'two': dict(vit.tags['openai'], hf_hub='other/', quick_gelu=True),
    }
    assert traits_of_file(Architecture('a', {}, tags=tags), WeightFile(cached)) == (
        traits_of_tag(vit, 'one', tags['one']),
        "the file is the published 'one'",
    )
    digest = hashlib.sha256(b'weights').hexdigest()
    for url in (
        f'https://github.com/mlfoundations/open_clip/releases/vit-{digest[:8]}.pt',
        f'https://openaipublic.azureedge.net/clip/models/{digest}/ViT.pt',
    ):
        tags = {
            'one': dict(vit.tags['openai'], url='', quick_gelu=False),
            'two': dict(vit.tags['openai'], url=url),
        }
        assert traits_of_file(Architecture('a', {}, tags=tags), WeightFile(file))[0].quick_gelu


@pytest.fixture
def as_vit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Tensor]:
    """Let ``ViT-B-16`` be a small CLIP with the published tags of ``ViT-B-16``; gives its state dict."""
    find = open_clip.get_model_config
    monkeypatch.setattr(
        architecture.open_clip,
        'get_model_config',
        lambda arch: helpers.small_config() if arch == 'ViT-B-16' else find(arch),
    )
    return helpers.build_open_clip(helpers.small_config()).state_dict()


def _is_quick(model: torch.nn.Module) -> bool:
    return any(isinstance(module, QuickGELU) for module in model.modules())


def test_a_bare_copy_is_refused_where_it_is_used_and_a_named_one_is_right(
    as_vit: dict[str, Tensor], tmp_path: Path
) -> None:
    file = str(tmp_path / 'a.pt')
    torch.save(as_vit, file)
    with pytest.raises(UnknownOriginError, match=f"pretrained='openai@{file}'"):
        PromptedCLIPBackbone('ViT-B-16', file)
    for tag, quick in (('openai', True), ('dfn2b', True), ('laion2b_s34b_b88k', False)):
        backbone = PromptedCLIPBackbone('ViT-B-16', f'{tag}@{file}')
        assert (_is_quick(backbone), backbone.quick_gelu) == (quick, quick)
    with pytest.raises(
        ValueError,
        match="'opnai' in pretrained='opnai@.*is not a tag of 'ViT-B-16'; did you mean 'openai'. allowed: ",
    ):
        load_clip('ViT-B-16', f'opnai@{file}')
    with pytest.raises(FileNotFoundError, match="pretrained='openai@/none': no such file '/none'"):
        load_clip('ViT-B-16', 'openai@/none')


def test_a_bare_copy_is_warned_of_elsewhere(
    as_vit: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    monkeypatch.setattr(loading, 'print_log', lambda text, *_: said.append(text))
    torch.save(as_vit, tmp_path / 'a.pt')
    assert not load_clip('ViT-B-16', str(tmp_path / 'a.pt')).quick_gelu
    assert 'does not say which weights it holds' in said[0]


def test_openais_own_file_is_recognised_by_its_content(
    as_vit: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save({**as_vit, 'input_resolution': torch.tensor(32)}, tmp_path / 'a.pt')
    assert _is_quick(PromptedCLIPBackbone('ViT-B-16', str(tmp_path / 'a.pt')))
    with pytest.raises(
        ValueError,
        match=r"one of OpenAI's own files, not 'laion2b_s34b_b88k': set pretrained='openai@",
    ):
        PromptedCLIPBackbone('ViT-B-16', f'laion2b_s34b_b88k@{tmp_path / "a.pt"}')


def test_a_config_beside_the_file_says_what_belongs_to_it(
    as_vit: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save(as_vit, tmp_path / 'a.pt')
    config = dict(
        model_cfg=helpers.small_config(quick_gelu=True),
        preprocess_cfg=dict(mean=[0.5] * 3, resize_mode='squash'),
    )
    (tmp_path / 'open_clip_config.json').write_text(json.dumps(config))
    backbone = PromptedCLIPBackbone('ViT-B-16', str(tmp_path / 'a.pt'))
    assert _is_quick(backbone)
    assert (backbone.image_mean, backbone.resize_mode) == ((0.5, 0.5, 0.5), 'squash')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As open_clip's push_to_hf_hub writes it."""
    model = helpers.build_open_clip(helpers.small_config(quick_gelu=True))
    save_file(
        {key: value.contiguous() for key, value in model.state_dict().items()},
        tmp_path / 'open_clip_model.safetensors',
    )
    preprocess = dict(
        mean=[0.5, 0.4, 0.3], std=[0.2, 0.2, 0.2], interpolation='bilinear', resize_mode='squash'
    )
    (tmp_path / 'open_clip_config.json').write_text(
        json.dumps(dict(model_cfg=helpers.small_config(quick_gelu=True), preprocess_cfg=preprocess))
    )
    return tmp_path


@pytest.mark.parametrize('pretrained', [None, 'open_clip_model.safetensors'])
def test_a_folder_is_used_with_its_weights_and_its_preprocessing(
    folder: Path, pretrained: str | None
) -> None:
    file = folder / 'open_clip_model.safetensors'
    got = load_clip(f'local-dir:{folder}', None if pretrained is None else str(file))
    expected = helpers.build_open_clip(helpers.small_config(quick_gelu=True))
    assert torch.equal(got.model.visual.proj, expected.visual.proj)
    assert (got.image_mean, got.image_std) == ((0.5, 0.4, 0.3), (0.2, 0.2, 0.2))
    assert (got.interpolation, got.resize_mode, got.quick_gelu) == ('bilinear', 'squash', True)
    assert _is_quick(got.model)
    own = load_clip(f'local-dir:{folder}', image_mean=(0.1, 0.1, 0.1))
    assert (own.image_mean, own.image_std) == ((0.1, 0.1, 0.1), (0.2, 0.2, 0.2))


def test_the_folders_config_as_architecture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    monkeypatch.setattr(loading, 'print_log', lambda text, *_: said.append(text))
    arch = str(folder / 'open_clip_config.json')
    assert load_clip(arch).image_mean == (0.5, 0.4, 0.3)
    assert said == [f'pretrained=None: {arch!r} starts from random weights']


def test_folders_that_lack_something(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / 'open_clip_model.safetensors').unlink()
    with pytest.raises(FileNotFoundError, match=f'{folder} holds no weight file'):
        load_clip(f'local-dir:{folder}')
    for name in ('a.pt', 'b.pt'):
        (folder / name).touch()
    with pytest.raises(
        FileNotFoundError, match=r'several weight files \(a.pt, b.pt\); give the one that is meant'
    ):
        load_clip(f'local-dir:{folder}')
    other = tmp_path_factory.mktemp('other')
    (other / 'config.json').write_text(json.dumps(dict(model_type='clip')))
    with pytest.raises(
        FileNotFoundError, match=r'holds no open_clip_config\.json \(it holds config\.json\)'
    ):
        load_clip(f'local-dir:{other}')
    for arch in ('local-dir:', 'hf-hub:'):
        with pytest.raises(
            ValueError, match=f"arch='{arch}' names nothing: write 'local-dir:FOLDER' or"
        ):
            load_clip(arch)
    with pytest.raises(
        ValueError, match="pretrained='openai' is not a file, and arch=None needs one"
    ):
        load_clip(None, 'openai')
    with pytest.raises(FileNotFoundError, match='there is no folder /nowhere'):
        load_clip('local-dir:/nowhere')
    with pytest.raises(ValueError, match=r"a config of transformers \(model_type='clip'\)"):
        load_clip(str(other / 'config.json'))


@pytest.mark.parametrize(
    ('text', 'told'),
    [
        ('{', 'is not JSON'),
        ('{"embed_dim": 4, "embed_dim": 8}', "has the key 'embed_dim' twice"),
        ('[1]', 'lacks embed_dim, vision_cfg, text_cfg'),
        ('{"embed_dim": 4}', 'lacks vision_cfg, text_cfg'),
        ('{"embed_dim": 4, "vision_cfg": 5, "text_cfg": {}}', 'vision_cfg in .* must be a dict'),
        (
            '{"embed_dim": 4, "vision_cfg": {"colour": 1}, "text_cfg": {}}',
            'open_clip cannot build it .*colour',
        ),
        (
            '{"model_cfg": {"embed_dim": 4, "vision_cfg": {}, "text_cfg": {}}, "preprocess_cfg": {"std": [0, 0, 0]}}',
            'above 0',
        ),
        (
            '{"model_cfg": {"embed_dim": 4, "vision_cfg": {}, "text_cfg": {}}, "preprocess_cfg": {"resize_mode": "x"}}',
            "resize_mode='x'",
        ),
    ],
)
def test_architecture_files_that_are_none(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / 'a.json').write_text(text)
    with pytest.raises(ValueError, match=told) as caught:
        load_clip(str(tmp_path / 'a.json'))
    assert '\n' not in str(caught.value)


def test_the_hub_without_a_network(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:

    def offline(*_: object, **__: object) -> str:
        raise OSError('offline\nmore lines')

    monkeypatch.setattr(hub, '_require_network', lambda: None)
    monkeypatch.setattr(hub, 'download_pretrained_from_hf', offline)
    with pytest.raises(
        FileNotFoundError,
        match=r"'hf-hub:a/b' is not in the cache: .*/a/b/.*\(offline\).*arch='local-dir:FOLDER'",
    ):
        load_clip('hf-hub:a/b')
    names = {'open_clip_pytorch_model.bin': 'open_clip_model.safetensors'}
    monkeypatch.setattr(
        hub,
        'download_pretrained_from_hf',
        lambda name, filename, cache_dir=None: str(folder / names.get(filename, filename)),
    )
    assert load_clip('hf-hub:a/b').image_mean == (0.5, 0.4, 0.3)


def test_a_tokenizer_that_needs_another_package(monkeypatch: pytest.MonkeyPatch) -> None:

    def missing(*_: object) -> None:
        raise ModuleNotFoundError('No module named transformers', name='transformers')

    monkeypatch.setattr(architecture.open_clip, 'get_tokenizer', missing)
    with pytest.raises(
        ValueError,
        match="'ViT-B-16-SigLIP' has the tokenizer .*needs the package transformers: pip install",
    ):
        load_clip('ViT-B-16-SigLIP', 'webli')


def _as_transformers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same CLIP under the names of transformers' CLIPModel."""
    pairs = [
        ('visual.conv1', 'vision_model.embeddings.patch_embedding'),
        ('visual.class_embedding', 'vision_model.embeddings.class_embedding'),
        ('visual.positional_embedding', 'vision_model.embeddings.position_embedding.weight'),
        ('visual.ln_pre', 'vision_model.pre_layrnorm'),
        ('visual.ln_post', 'vision_model.post_layernorm'),
        ('visual.transformer.resblocks', 'vision_model.encoder.layers'),
        ('transformer.resblocks', 'text_model.encoder.layers'),
        ('token_embedding', 'text_model.embeddings.token_embedding'),
        ('ln_final', 'text_model.final_layer_norm'),
        ('positional_embedding', 'text_model.embeddings.position_embedding.weight'),
    ]
    inner = [
        ('attn.out_proj', 'self_attn.out_proj'),
        ('ln_1', 'layer_norm1'),
        ('ln_2', 'layer_norm2'),
        ('mlp.c_fc', 'mlp.fc1'),
        ('mlp.c_proj', 'mlp.fc2'),
    ]
    made = {'text_model.embeddings.position_ids': torch.arange(77)[None]}
    for name, value in state.items():
        if name in ('visual.proj', 'text_projection'):
            made[f'{"visual" if "visual" in name else "text"}_projection.weight'] = (
                value.T.contiguous()
            )
            continue
        theirs = next((name.replace(a, b, 1) for a, b in pairs if name.startswith(a)), name)
        for a, b in inner:
            theirs = theirs.replace(a, b)
        if 'attn.in_proj_' in theirs:
            for letter, part in zip('qkv', value.chunk(3), strict=True):
                made[theirs.replace('attn.in_proj_', f'self_attn.{letter}_proj.')] = (
                    part.contiguous()
                )
        else:
            made[theirs] = value
    return made


def test_the_layout_of_transformers_is_converted_exactly(
    as_vit: dict[str, Tensor], tmp_path: Path
) -> None:
    theirs = _as_transformers(as_vit)
    assert 'vision_model.encoder.layers.0.self_attn.q_proj.bias' in theirs
    save_file(theirs, tmp_path / 'model.safetensors')
    with pytest.raises(UnknownOriginError):
        PromptedCLIPBackbone('ViT-B-16', str(tmp_path / 'model.safetensors'))
    for act, quick in (('quick_gelu', True), ('gelu', False)):
        (tmp_path / 'config.json').write_text(
            json.dumps(
                dict(
                    model_type='clip',
                    text_config=dict(hidden_act=act),
                    vision_config=dict(hidden_act=act),
                )
            )
        )
        (tmp_path / 'preprocessor_config.json').write_text(
            json.dumps(dict(image_mean=[0.1, 0.2, 0.3], resample=2))
        )
        got = load_clip('ViT-B-16', str(tmp_path / 'model.safetensors'))
        assert (_is_quick(got.model), got.image_mean, got.interpolation) == (
            quick,
            (0.1, 0.2, 0.3),
            'bilinear',
        )
        own = got.model.state_dict()
        assert all(torch.equal(own[name], value) for name, value in as_vit.items())
    del theirs['vision_model.encoder.layers.0.self_attn.q_proj.bias']
    save_file(theirs, tmp_path / 'part.safetensors')
    with pytest.raises(
        CheckpointError, match="layout of Hugging Face's transformers, but not a whole CLIPModel"
    ):
        load_clip('ViT-B-16', str(tmp_path / 'part.safetensors'))


@pytest.mark.parametrize(
    'prefix',
    ['module.', '_orig_mod.', 'module._orig_mod.', 'model.', 'model._orig_mod.', 'clip_model.'],
)
def test_prefixes_of_training_programs_are_removed(
    small_files: dict[str, str], tmp_path: Path, prefix: str
) -> None:
    state = torch.load(small_files['pretrained'], weights_only=True)
    torch.save(
        {'state_dict': {f'{prefix}{name}': value for name, value in state.items()}},
        tmp_path / 'a.pt',
    )
    own = load_clip(small_files['arch'], str(tmp_path / 'a.pt')).model.state_dict()
    assert all(torch.equal(own[name], value) for name, value in state.items())


def _twice(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {**state, **{f'module.{name}': value for name, value in state.items()}}


def _two(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        f'{name}.{key}': value for name in ('student', 'teacher') for key, value in state.items()
    }


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        (_twice, 'two values of one weight'),
        (_two, "holds 2 CLIPs, under the prefixes 'student.', 'teacher.'"),
        (
            lambda state: {**state, 'visual.proj': state['visual.proj'].long()},
            'visual.proj int64 instead of float32',
        ),
        (
            lambda state: {**state, 'visual.proj': state['visual.proj'].to(torch.complex64)},
            'visual.proj complex64 instead of float32',
        ),
        (
            lambda state: {**state, 'visual.proj': state['visual.proj'] / 0},
            'NaN or infinite in visual.proj',
        ),
        (lambda state: {**state, 'head.weight': torch.ones(1)}, '1 unexpected: head.weight'),
        (
            lambda state: {key: value for key, value in state.items() if key != 'visual.proj'},
            '1 missing: visual.proj',
        ),
    ],
)
def test_weights_that_are_not_those_of_the_model(
    small_files: dict[str, str], tmp_path: Path, change: object, told: str
) -> None:
    torch.save(change(torch.load(small_files['pretrained'], weights_only=True)), tmp_path / 'a.pt')
    with pytest.raises(CheckpointError, match=told):
        load_clip(small_files['arch'], str(tmp_path / 'a.pt'))


def test_old_batch_norms_lack_a_counter(tmp_path: Path) -> None:
    config = dict(
        embed_dim=32,
        vision_cfg=dict(image_size=32, layers=[1, 1, 1, 1], width=8, patch_size=None),
        text_cfg=dict(context_length=8, vocab_size=49408, width=32, heads=1, layers=1),
    )
    state = open_clip.CLIP(**config).state_dict()
    assert state['visual.bn1.num_batches_tracked'].dtype == torch.int64
    torch.save(
        {key: value for key, value in state.items() if 'num_batches_tracked' not in key},
        tmp_path / 'a.pt',
    )
    own = load_clip(helpers.write_arch(tmp_path, config), str(tmp_path / 'a.pt')).model.state_dict()
    assert torch.equal(own['visual.bn1.running_var'], state['visual.bn1.running_var'])


@pytest.mark.parametrize(('architecture', 'arguments', 'guessed', 'known'), [
    ({}, {}, ('GELU', 'mean (0.481', 'std (0.269', 'image_mean', 'image_std', 'quick_gelu'), ()),
    ({'quick_gelu': False}, {}, ('mean (', 'std ('), ('GELU', )),
    ({}, {'image_mean': [.5] * 3, 'image_std': [.5] * 3}, ('GELU', ), ('mean (', 'std (', 'image_mean')),
    ({'quick_gelu': True}, {'image_std': [.5] * 3}, ('mean (', 'image_mean'), ('GELU', 'std (', 'image_std')),
    ({'preprocess_cfg': {'mean': [.5] * 3}}, {}, ('std (', ), ('GELU', 'mean (')),
])  # fmt: skip
def test_what_nothing_says_about_weights_is_a_warning(
    small_files: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    architecture: dict,
    arguments: dict,
    guessed: tuple,
    known: tuple,
) -> None:
    (tmp_path / 'arch.json').write_text(
        json.dumps({**json.loads(Path(small_files['arch']).read_text()), **architecture})
    )
    said = []
    monkeypatch.setattr(
        loading,
        'print_log',
        lambda text, logger, level: level == logging.WARNING and said.append(text),
    )
    load_clip(str(tmp_path / 'arch.json'), small_files['pretrained'], **arguments)
    [warning] = said
    assert 'a guess, for nothing says what these weights were trained with' in warning
    assert all(word in warning for word in guessed)
    assert not any(word in warning for word in known)


@pytest.mark.parametrize(
    'architecture',
    [{'preprocess_cfg': {'mean': [0.5] * 3, 'std': [0.2] * 3}}, {'quick_gelu': False}],
)
def test_what_is_said_about_weights_is_no_guess(
    small_files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, architecture: dict
) -> None:
    (tmp_path / 'arch.json').write_text(
        json.dumps({**json.loads(Path(small_files['arch']).read_text()), **architecture})
    )
    said = []
    monkeypatch.setattr(
        loading,
        'print_log',
        lambda text, logger, level: level == logging.WARNING and said.append(text),
    )
    statistics = (
        {}
        if 'preprocess_cfg' in architecture
        else {'image_mean': [0.5] * 3, 'image_std': [0.2] * 3}
    )
    loaded = load_clip(str(tmp_path / 'arch.json'), small_files['pretrained'], **statistics)
    assert said == []
    assert loaded.image_std == (0.2, 0.2, 0.2)
