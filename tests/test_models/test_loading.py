"""Weights from every kind of file, and what happens when they do not fit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import helpers_models as helpers
import open_clip
import pytest
import torch
from open_clip.transformer import QuickGELU
from safetensors.torch import save_file
from torch import nn

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.models.clip import building, hub, load_clip, loading, weight_source
from vamp_mm.weight_files import CheckpointError

TINY_ARCH = dict(
    embed_dim=32,
    vision_cfg=dict(image_size=32, patch_size=8, width=192, layers=12),
    text_cfg=dict(context_length=77, vocab_size=49408, width=128, heads=2, layers=12),
)


def _activations(backbone: PromptedCLIPBackbone) -> set[type]:
    return {
        type(block.mlp.gelu)
        for blocks in (backbone.vision.visual.transformer.resblocks, backbone.text.blocks)
        for block in blocks
    }


def _image_features(backbone: PromptedCLIPBackbone) -> torch.Tensor:
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return backbone(images.to(backbone.logit_scale.dtype))[0]


class _Archive(nn.Module):
    """What OpenAI published: a scripted module that holds the state dict; nested names need nested modules."""

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        super().__init__()
        for name, value in state.items():
            *path, last = name.split('.')
            owner = self
            for part in path:
                if not hasattr(owner, part):
                    owner.add_module(part, nn.Module())
                owner = getattr(owner, part)
            owner.register_parameter(last, nn.Parameter(value.half()))
        for key, value in (('input_resolution', 32), ('context_length', 77), ('vocab_size', 49408)):
            self.register_buffer(key, torch.tensor(value))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


@pytest.fixture(scope='module')
def archive(tiny_state, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp('archive') / 'ViT-tiny.pt'
    torch.jit.trace(_Archive(tiny_state), torch.zeros(1)).save(str(file))
    return str(file)


@pytest.fixture(scope='module')
def tiny_arch(tmp_path_factory) -> str:
    return helpers.write_arch(tmp_path_factory.mktemp('arch'), TINY_ARCH)


def test_state_dict_and_torchscript_of_openai_give_the_same_model(
    tiny, tiny_file, archive, tiny_arch
):
    expected = _image_features(tiny).float()
    # the archive is float16 inside, and the values are float16-representable: the same float32 model
    for arch, file in ((None, archive), (tiny_arch, archive)):
        loaded = PromptedCLIPBackbone(arch=arch, pretrained=file)
        assert _activations(loaded) == {QuickGELU}
        assert loaded.text.token_embedding.weight.dtype == torch.float32
        torch.testing.assert_close(_image_features(loaded), expected, rtol=0, atol=1e-5)


def test_architecture_is_read_off_an_openai_state_dict(tiny):
    assert (tiny.vision.width, tiny.vision.depth) == (192, 12)
    assert (tiny.text.width, tiny.text.depth) == (128, 12)
    assert tiny.embed_dim == 32
    assert tiny.image_size == (32, 32)
    assert _activations(tiny) == {QuickGELU}
    assert tiny.image_mean == open_clip.OPENAI_DATASET_MEAN
    # log scale 3 + 0.1 n: about 20, not 100
    assert float(tiny.logit_scale) == pytest.approx(20, rel=0.5)
    assert abs(float(tiny.logit_scale) - 100) > 50


def test_open_clip_state_dict_and_safetensors(small, small_files, tmp_path):
    state = torch.load(small_files['pretrained'], weights_only=True)
    expected = _image_features(small).float()
    save_file(state, tmp_path / 'weights.safetensors')
    torch.save(
        dict(state_dict={f'module.{key}': value for key, value in state.items()}, epoch=3),
        tmp_path / 'trained.pt',
    )
    for name in ('weights.safetensors', 'trained.pt'):
        loaded = PromptedCLIPBackbone(arch=small_files['arch'], pretrained=str(tmp_path / name))
        assert _activations(loaded) == {nn.GELU}
        torch.testing.assert_close(_image_features(loaded), expected, rtol=0, atol=1e-5)


def test_positions_fitted_to_another_image_size_are_named(small_files, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(building, 'print_log', lambda text, *_: said.append(text))
    arch = json.loads(Path(small_files['arch']).read_text(encoding='utf-8'))
    load_clip(small_files['arch'], small_files['pretrained'])
    assert said == []
    arch['vision_cfg']['image_size'] *= 2
    load_clip(helpers.write_arch(tmp_path, arch), small_files['pretrained'])
    assert len(said) == 1
    assert 'visual.positional_embedding' in said[0]


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_positions_of_half_precision_are_fitted_like_those_of_float32(small_files, tmp_path, dtype):
    state = torch.load(small_files['pretrained'], weights_only=True)
    halves = {name: value.to(dtype) for name, value in state.items()}
    torch.save(halves, tmp_path / 'half.pt')
    torch.save({name: value.float() for name, value in halves.items()}, tmp_path / 'float.pt')
    config = json.loads(Path(small_files['arch']).read_text(encoding='utf-8'))
    config['vision_cfg']['image_size'] *= 2
    config['text_cfg']['context_length'] = 50
    arch = helpers.write_arch(tmp_path, config)
    half, full = (
        load_clip(arch, str(tmp_path / name)).model.state_dict() for name in ('half.pt', 'float.pt')
    )
    assert half['visual.positional_embedding'].shape == (65, 64)
    assert half['positional_embedding'].shape == (50, 48)
    assert all(torch.equal(half[name], full[name]) for name in full)


@pytest.mark.parametrize(
    'name',
    [
        'visual.positional_embedding',
        'positional_embedding',
        'text_projection',
        'logit_scale',
        'visual.conv1.weight',
        'token_embedding.weight',
        'visual.class_embedding',
    ],
)
@pytest.mark.parametrize(
    'shape',
    [(), (0,), (5,), (64,), (0, 64), (8, 48), (1, 64), (9, 7), (1, 17, 64), (7, 64), (2, 3, 4, 5)],
)
def test_no_shape_in_a_file_ends_in_another_error(small_files, tmp_path, monkeypatch, name, shape):
    said = []
    monkeypatch.setattr(building, 'print_log', lambda text, *_: said.append(text))
    state = torch.load(small_files['pretrained'], weights_only=True)
    torch.save({**state, name: torch.ones(shape)}, tmp_path / 'a.pt')
    if (name, shape) in (
        ('logit_scale', ()),
        ('visual.class_embedding', (64,)),
        ('positional_embedding', (8, 48)),
    ):
        assert load_clip(
            small_files['arch'], str(tmp_path / 'a.pt')
        ).model.positional_embedding.shape == (77, 48)
    else:
        with pytest.raises(
            CheckpointError, match=r'do not fit arch=.*of another shape|NaN or infinite'
        ):
            load_clip(small_files['arch'], str(tmp_path / 'a.pt'))
        assert said == []  # nothing is said to be interpolated that is refused
    with pytest.raises(CheckpointError, match='is no OpenAI CLIP|do not fit|architecture'):
        load_clip(None, str(tmp_path / 'a.pt'))


def test_a_state_dict_for_a_custom_text_model_may_have_open_clips_own_layout(tmp_path):
    config = helpers.small_config(custom_text=True)
    files = helpers.write_clip(tmp_path, config)
    plain = helpers.build_open_clip(helpers.small_config())
    torch.save(plain.state_dict(), tmp_path / 'plain.pt')
    own = PromptedCLIPBackbone(files['arch'], str(tmp_path / 'plain.pt'))
    torch.testing.assert_close(own.text.token_embedding.weight, plain.token_embedding.weight)


@pytest.fixture
def as_tag(monkeypatch, tiny_file):
    """Let a tag of open_clip lead to a local file, without a download."""

    def install(quick_gelu: bool | None):
        record = dict(mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7), hf_hub='a/b/')
        if quick_gelu is not None:
            record['quick_gelu'] = quick_gelu
        monkeypatch.setattr(
            loading.open_clip,
            'get_pretrained_cfg',
            lambda arch, tag: record if tag == 'openai' else {},
        )
        monkeypatch.setattr(
            weight_source, 'hub_file', lambda repository, name, cache_dir: tiny_file
        )

    return install


@pytest.mark.parametrize(
    ('recorded', 'configured', 'expected'),
    [
        (True, False, QuickGELU),
        (True, True, QuickGELU),
        (False, True, nn.GELU),
        (None, True, nn.GELU),
    ],
)
def test_the_preset_owns_the_activation(as_tag, tmp_path, recorded, configured, expected):
    as_tag(recorded)
    arch = helpers.write_arch(tmp_path, dict(TINY_ARCH, quick_gelu=configured))
    loaded = PromptedCLIPBackbone(arch=arch, pretrained='openai')
    assert _activations(loaded) == {expected}
    assert loaded.image_mean == (0.1, 0.2, 0.3)
    assert loaded.image_std == (0.5, 0.6, 0.7)


def test_openai_tags_of_open_clip_all_record_quick_gelu():
    # ours relies on it; if open_clip changes its table, this says so before features go wrong silently
    for arch in ('ViT-B-16', 'ViT-B-32', 'ViT-L-14', 'ViT-L-14-336'):
        assert open_clip.get_pretrained_cfg(arch, 'openai')['quick_gelu']
    assert not open_clip.get_pretrained_cfg('ViT-B-16', 'laion2b_s34b_b88k').get('quick_gelu')


def test_an_openai_archive_has_quick_gelu_whatever_the_architecture_says(archive, tiny_arch):
    assert json.loads(Path(tiny_arch).read_text()).get('quick_gelu') is None
    assert _activations(PromptedCLIPBackbone(arch=tiny_arch, pretrained=archive)) == {QuickGELU}


def test_a_bare_state_dict_takes_the_activation_of_the_architecture(tiny_file, tmp_path):
    for quick, kind in ((True, QuickGELU), (False, nn.GELU)):
        arch = helpers.write_arch(tmp_path, dict(TINY_ARCH, quick_gelu=quick))
        assert _activations(PromptedCLIPBackbone(arch=arch, pretrained=tiny_file)) == {kind}


def test_image_statistics_can_be_overridden(small_files):
    loaded = load_clip(**small_files, image_mean=(0.5, 0.5, 0.5), image_std=(0.25, 0.25, 0.25))
    assert loaded.image_mean == (0.5, 0.5, 0.5)
    assert loaded.image_std == (0.25, 0.25, 0.25)
    config = helpers.small_config(preprocess_cfg=dict(mean=[0.1, 0.1, 0.1], std=[0.2, 0.2, 0.2]))
    own = load_clip(helpers.write_arch(Path(small_files['arch']).parent, config, 'stats'))
    assert own.image_mean == (0.1, 0.1, 0.1)


def test_random_weights_follow_the_seed(small_files):
    torch.manual_seed(0)
    one = _image_features(PromptedCLIPBackbone(small_files['arch']))
    torch.manual_seed(0)
    assert torch.equal(one, _image_features(PromptedCLIPBackbone(small_files['arch'])))


def test_unknown_names_are_errors_that_tell_what_is_allowed(small_files):
    with pytest.raises(ValueError, match="'ViT-Q-99' is not known to open_clip.*ViT-B-16"):
        PromptedCLIPBackbone('ViT-Q-99')
    with pytest.raises(ValueError, match="'laion9b' is not a tag of 'ViT-B-16'.*openai"):
        PromptedCLIPBackbone('ViT-B-16', 'laion9b')
    with pytest.raises(ValueError, match='embedded'):
        PromptedCLIPBackbone('ViT-B-16', 'embedded')
    with pytest.raises(ValueError, match='arch=None'):
        PromptedCLIPBackbone(None, None)


def test_missing_files_are_errors_that_tell_what_to_do(small_files, tmp_path):
    with pytest.raises(FileNotFoundError, match='no such file'):
        PromptedCLIPBackbone('ViT-B-16', str(tmp_path / 'gone.pt'))
    with pytest.raises(FileNotFoundError, match='gone.pt'):
        PromptedCLIPBackbone(None, str(tmp_path / 'gone.pt'))
    with pytest.raises(FileNotFoundError, match='no such architecture file'):
        PromptedCLIPBackbone(str(tmp_path / 'gone.json'))


def test_names_that_were_nearly_right_are_answered_with_the_right_one(small_files, tmp_path):
    (tmp_path / 'ViT-B-16.pt').write_bytes(b'')
    near = re.escape(
        f"no such file '{tmp_path}/ViT-B16.pt'; did you mean '{tmp_path}/ViT-B-16.pt'?"
    )
    for arch, origin in (
        ('ViT-B-16', ''),
        ('ViT-B-16', 'openai@'),
        (None, ''),
        (None, 'openai@'),
        (small_files['arch'], ''),
    ):
        with pytest.raises(FileNotFoundError, match=f'{near}$'):
            load_clip(arch, f'{origin}{tmp_path}/ViT-B16.pt')
    for arch in ('ViT-B/16', 'vit-b-16', 'VIT-B/16'):
        with pytest.raises(
            ValueError,
            match=rf"^arch='{arch}' is not known to open_clip; did you mean 'ViT-B-16'\? allowed",
        ):
            load_clip(arch, 'openai')
    with pytest.raises(ValueError, match=r"^arch='ViT-B16' .*did you mean 'ViT-B-16' or .* or "):
        load_clip('ViT-B16', 'openai')
    with pytest.raises(
        ValueError,
        match=r"'laion2b_s34b_b88' is not a tag of 'ViT-B-16'; did you mean 'laion2b_s34b_b88k'",
    ):
        load_clip('ViT-B-16', 'laion2b_s34b_b88')


@pytest.mark.parametrize('tag', ['embedded', 'openai', 'laion400m_e32'])
def test_an_origin_is_not_asked_of_architectures_without_published_weights(small_files, tag):
    for arch in ('ViT-Ti-16-64-icons', small_files['arch']):
        with pytest.raises(ValueError) as error:
            load_clip(arch, f'{tag}@/x.pt')
        assert str(error.value) == (
            f"pretrained='{tag}@/x.pt': arch={arch!r} has no published tags: give the file only, "
            "pretrained='/x.pt'"
        )
        with pytest.raises(
            FileNotFoundError,
            match=r"no such file '/no/x.pt'; put the weights there(, or name a tag of "
            r"'ViT-Ti-16-64-icons': embedded)?$",
        ):
            load_clip(arch, '/no/x.pt')


def test_without_an_architecture_the_origin_is_openai():
    with pytest.raises(ValueError) as error:
        load_clip(None, 'laion400m_e32@/x.pt')
    assert str(error.value) == (
        "pretrained='laion400m_e32@/x.pt': arch=None reads weights of OpenAI's only, "
        "pretrained='openai@/x.pt'; for those of 'laion400m_e32' name their architecture with arch"
    )


def test_without_a_network_one_sentence_names_file_size_and_address(monkeypatch, tmp_path):
    """At once: the hub's client, which tries for a minute, is not asked."""

    def unreachable(address, timeout):
        raise OSError(101, 'no route to host')

    monkeypatch.setattr(hub.socket, 'create_connection', unreachable)
    monkeypatch.setattr(hub.urllib.request, 'getproxies', dict)
    monkeypatch.setattr(hub, 'download_pretrained_from_hf', None)
    with pytest.raises(FileNotFoundError) as caught:
        PromptedCLIPBackbone('ViT-B-16', 'openai', cache_dir=str(tmp_path))
    # 149,620,737 parameters of 4 bytes each
    assert str(caught.value) == (
        "the weights 'openai' of 'ViT-B-16' (up to 598 MB) are not in the cache: "
        'https://huggingface.co/timm/vit_base_patch16_clip_224.openai/resolve/main/open_clip_model.safetensors '
        'cannot be downloaded (huggingface.co cannot be reached: no route to host); download that file on another '
        'computer and set model.backbone.pretrained to its path, after its tag: --cfg-options '
        "model.backbone.pretrained='openai@/path/of/the/file'"
    )


@pytest.mark.parametrize(
    ('asked', 'there'),
    [
        (None, 'open_clip_model.safetensors'),
        (None, 'open_clip_pytorch_model.bin'),
        ('vit_b_32.bin', 'vit_b_32.safetensors'),
        ('vit_b_32.pth', 'vit_b_32.pth'),
        ('open_clip_config.json', 'open_clip_config.json'),
    ],
)
def test_a_file_in_the_cache_needs_no_network(monkeypatch, tmp_path, asked, there):
    folder = tmp_path / 'models--a--b'
    (folder / 'refs').mkdir(parents=True)
    (folder / 'refs' / 'main').write_text('0' * 40)
    file = folder / 'snapshots' / ('0' * 40) / there
    file.parent.mkdir(parents=True)
    file.write_bytes(b'weights')
    monkeypatch.setattr(hub, '_require_network', None)
    assert hub.hub_file('a/b', asked, cache_dir=str(tmp_path)).read_bytes() == b'weights'


@pytest.mark.parametrize(
    ('setting', 'value', 'reason'),
    [
        ('HF_HUB_OFFLINE', True, 'HF_HUB_OFFLINE is set'),
        ('ENDPOINT', 'https://none.invalid', 'none.invalid cannot be'),
    ],
)
def test_the_settings_of_the_hub_count(monkeypatch, tmp_path, setting, value, reason):
    monkeypatch.setattr(hub.constants, setting, value)
    monkeypatch.setattr(hub.urllib.request, 'getproxies', dict)
    with pytest.raises(FileNotFoundError, match=reason):
        hub.hub_file('a/b', cache_dir=str(tmp_path))


def test_weights_of_another_architecture_are_refused(small_files, tmp_path):
    wider = helpers.write_arch(tmp_path, helpers.small_config(vision=dict(width=128)), 'wider')
    deeper = helpers.write_arch(tmp_path, helpers.small_config(text=dict(layers=5)), 'deeper')
    for arch in (wider, deeper):
        with pytest.raises(CheckpointError, match=f'do not fit arch={arch!r}'):
            PromptedCLIPBackbone(arch, small_files['pretrained'])
    torch.save({'weight': torch.zeros(2)}, tmp_path / 'other.pt')
    with pytest.raises(CheckpointError, match='is no OpenAI CLIP state dict'):
        PromptedCLIPBackbone(None, str(tmp_path / 'other.pt'))


def test_a_hostile_weight_file_is_refused(tmp_path, small_files):

    class Hostile:
        def __reduce__(self):
            return (exec, (f'open({str(tmp_path / "ran")!r}, "w").close()',))

    torch.save({'state_dict': {'a': torch.zeros(1), 'b': Hostile()}}, tmp_path / 'hostile.pt')
    with pytest.raises(
        CheckpointError,
        match=r'hostile\.pt is refused: .*builtins\.exec.*Nothing of it was executed',
    ):
        PromptedCLIPBackbone(small_files['arch'], str(tmp_path / 'hostile.pt'))
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize(
    ('change', 'kind', 'told'),
    [
        (
            dict(
                vision_cfg=dict(
                    timm_model_name='resnet10t', timm_pool='avg', timm_proj='linear', image_size=32
                )
            ),
            TypeError,
            'no transformer blocks',
        ),
        (dict(text_cfg=dict(hf_model_name='roberta-base')), ValueError, 'Hugging Face'),
        (dict(multimodal_cfg={}), ValueError, 'CoCa'),
    ],
)
def test_towers_without_a_seam_are_refused(tmp_path, change, kind, told):
    with pytest.raises(kind, match=told):
        PromptedCLIPBackbone(helpers.write_arch(tmp_path, {**helpers.SMALL, **change}))
