"""With the empty plan the backbone is plain CLIP: equal to open_clip's own ``encode_image`` / ``encode_text``."""

from __future__ import annotations

import copy
from functools import lru_cache

import helpers_models as helpers
import open_clip
import pytest
import torch
from open_clip.model import build_model_from_openai_state_dict

from vamp_mm.models import PromptedCLIPBackbone

SENTENCES = [
    f'a photo of a {name}.' for name in ('cat', 'golden retriever', 'zebra crossing sign', 'a')
]

VARIANTS = {
    'plain': helpers.small_config(),
    'quick gelu': helpers.small_config(quick_gelu=True),
    'no ln_pre': helpers.small_config(vision=dict(no_ln_pre=True)),
    'average pool': helpers.small_config(vision=dict(pool_type='avg')),
    'norm after pool': helpers.small_config(vision=dict(pool_type='avg', final_ln_after_pool=True)),
    'layer scale': helpers.small_config(
        vision=dict(ls_init_value=0.5), text=dict(ls_init_value=0.5)
    ),
    'custom text': helpers.small_config(custom_text=True),
    'bias in the projection': helpers.small_config(custom_text=True, text=dict(proj_bias=True)),
    'no causal mask, last token': helpers.small_config(
        custom_text=True, text=dict(no_causal_mask=True, pool_type='last', context_length=24)
    ),
    'first token': helpers.small_config(
        custom_text=True, text=dict(no_causal_mask=True, pool_type='first')
    ),
    **(
        {'end token': helpers.small_config(text=dict(pool_type='eos', eos_id=49407))}
        if helpers.HAS_EOS_ID
        else {}
    ),
    'custom attention': helpers.small_config(text=dict(qk_norm=True)),
    'timm vision': helpers.small_config(
        custom_text=True,
        vision=dict(timm_model_name='test_vit', timm_pool='token', timm_proj='linear'),
    ),
}


def _features(backbone, images, sentences):
    with torch.no_grad():
        return (
            backbone.encode_image(images).pooled[0],
            backbone.encode_text(backbone.tokenize(sentences)).pooled[0, 0],
        )


@lru_cache
def _tokenizer(context):
    return open_clip.SimpleTokenizer(context_length=context)


def _reference(model, images, sentences, context=77):
    ids = _tokenizer(context)(sentences)
    with torch.no_grad():
        return model.encode_image(images), model.encode_text(ids)


def _images(config, count=3):
    size = config['vision_cfg'].get('image_size', 224)
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope='module', params=VARIANTS.items(), ids=lambda item: item[0].replace(' ', '-'))
def variant(request, tmp_path_factory):
    """Config, open_clip's model and our backbone with the same weights."""
    config = copy.deepcopy(request.param[1])
    if 'timm_model_name' in config['vision_cfg']:
        config['vision_cfg'] = {
            **{k: v for k, v in config['vision_cfg'].items() if k.startswith('timm')},
            'image_size': 64,
        }
    files = helpers.write_clip(tmp_path_factory.mktemp('variant'), config)
    return config, helpers.build_open_clip(config), PromptedCLIPBackbone(**files)


def test_equal_to_open_clip_in_float32_and_float64(variant):
    config, model, backbone = variant
    images, context = _images(config), config['text_cfg']['context_length']
    # relative to the largest feature: float32 keeps 7 digits and a tower sums some hundred terms, float64 16
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-12)):
        own = copy.deepcopy(backbone).to(dtype)
        ours = _features(own, images.to(dtype), SENTENCES)
        theirs = _reference(copy.deepcopy(model).to(dtype), images.to(dtype), SENTENCES, context)
        for ours_one, theirs_one in zip(ours, theirs):
            assert ours_one.shape == theirs_one.shape
            # the features differ between inputs: a test that can fail
            assert float(theirs_one.std(dim=0).max()) > 0.05
            assert float((ours_one - theirs_one).abs().max() / theirs_one.abs().max()) < tolerance


def test_bfloat16_autocast_loses_no_more_than_open_clip(variant):
    config, model, backbone = variant
    images, context = _images(config), config['text_cfg']['context_length']
    truth = _reference(model, images, SENTENCES, context)
    with torch.autocast('cpu', torch.bfloat16):
        ours = _features(backbone, images, SENTENCES)
        theirs = _reference(model, images, SENTENCES, context)
    for name, true, one, other in zip(('image', 'text'), truth, ours, theirs):
        scale = true.norm(dim=-1).mean()
        our_error = float((one.float() - true).norm(dim=-1).mean() / scale)
        their_error = float((other.float() - true).norm(dim=-1).mean() / scale)
        assert our_error < 1.5 * their_error + 1e-3, name
        assert our_error < 0.05, name


def test_features_do_not_depend_on_the_other_sentences(variant):
    config, _, backbone = variant
    own = copy.deepcopy(backbone).double()
    together = _features(own, _images(config).double(), SENTENCES)[1]
    for index, sentence in enumerate(SENTENCES):
        alone = _features(own, _images(config).double(), [sentence])[1][0]
        torch.testing.assert_close(alone, together[index], rtol=0, atol=1e-12)


def test_openai_layout_equals_open_clips_reader(tiny_state, tiny):
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)).double()
    # their reader passes through float16; these weights are float16-valued, so nothing is lost
    model = (
        build_model_from_openai_state_dict(dict(tiny_state), cast_dtype=torch.float32)
        .double()
        .eval()
    )
    for ours, theirs in zip(
        _features(tiny, images, SENTENCES), _reference(model, images, SENTENCES)
    ):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-11)  # twelve blocks in float64


def test_forward_gives_plain_features_as_a_tuple(small):
    images = torch.randn(2, 3, 32, 32).double()
    (features,) = small(images)
    torch.testing.assert_close(features, small.encode_image(images).pooled[0], rtol=0, atol=0)
    assert features.shape == (2, small.embed_dim) == (2, 40)


def test_a_stem_at_any_block_leads_to_the_same_features(small):
    images = torch.randn(2, 3, 32, 32).double()
    expected = small.encode_image(images).pooled
    for layer in (-1, 0, 1, 2, 3, None):
        torch.testing.assert_close(
            small.encode_image(small.image_stem(images, layer)).pooled, expected, rtol=0, atol=1e-12
        )
