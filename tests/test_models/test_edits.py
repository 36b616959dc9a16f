"""Token operations against slicing by hand."""

from __future__ import annotations

import helpers_models as helpers
import pytest
import torch

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.models.clip.edits import Spans, edit_tokens
from vamp_mm.structures import PromptPlan, TokenEdit, TowerPlan

X = torch.randn(1, 2, 6, 8, generator=torch.Generator().manual_seed(0))
T = torch.randn(1, 1, 3, 8, generator=torch.Generator().manual_seed(1))


def test_insert_puts_tokens_between():
    out = edit_tokens(X, [TokenEdit(0, 2, 'insert', T)])
    assert out.shape == (1, 2, 9, 8)
    assert torch.equal(out[..., :2, :], X[..., :2, :])
    assert torch.equal(out[..., 2:5, :], T.expand(1, 2, 3, 8))
    assert torch.equal(out[..., 5:, :], X[..., 2:, :])


def test_overwrite_keeps_the_length():
    out = edit_tokens(X, [TokenEdit(0, 1, 'overwrite', T)])
    expected = X.clone()
    expected[..., 1:4, :] = T
    assert torch.equal(out, expected)


def test_blend_mixes_with_what_stands_there():
    out = edit_tokens(X, [TokenEdit(0, 1, 'blend', T, weight=0.25)])
    expected = X.clone()
    expected[..., 1:4, :] = 0.25 * T + 0.75 * X[..., 1:4, :]
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-6)
    assert torch.equal(edit_tokens(X, [TokenEdit(0, 1, 'blend', T, weight=0.0)]), X)


@pytest.mark.parametrize('mode', ['insert', 'overwrite'])
def test_the_right_end(mode):
    out = edit_tokens(X, [TokenEdit(0, -1, mode, T)])
    assert out.shape[-2] == (9 if mode == 'insert' else 6)
    assert torch.equal(out[..., -3:, :], T.expand(1, 2, 3, 8))
    assert torch.equal(out[..., :3, :], X[..., :3, :])


def test_edits_are_applied_in_order():
    later = torch.zeros(1, 1, 1, 8)
    out = edit_tokens(X, [TokenEdit(0, 1, 'insert', T), TokenEdit(0, 2, 'overwrite', later)])
    assert torch.equal(out[..., 1, :], T[..., 0, :].expand(1, 2, 8))
    assert float(out[..., 2, :].abs().max()) == 0
    assert torch.equal(out[..., 3, :], T[..., 2, :].expand(1, 2, 8))


def test_samples_of_tokens_widen_the_sequence():
    tokens = torch.randn(4, 2, 3, 8)
    out = edit_tokens(X, [TokenEdit(0, 1, 'insert', tokens)])
    assert out.shape == (4, 2, 9, 8)
    assert torch.equal(out[3, 1, 1:4], tokens[3, 1])
    assert torch.equal(out[3, 1, 4:], X[0, 1, 1:])


def test_the_input_is_not_changed():
    before = X.clone()
    edit_tokens(X, [TokenEdit(0, 1, 'overwrite', T), TokenEdit(0, 1, 'blend', T, weight=0.5)])
    assert torch.equal(X, before)


def test_float32_prompts_widen_a_half_precision_sequence():
    out = edit_tokens(X.bfloat16(), [TokenEdit(0, 1, 'insert', T)])
    assert out.dtype == torch.float32
    assert torch.equal(out[..., 1:4, :], T.expand(1, 2, 3, 8))


def test_spans_follow_their_tokens():
    spans = Spans()
    x = edit_tokens(
        X,
        [
            TokenEdit(0, 3, 'insert', T, name='late'),
            TokenEdit(0, 1, 'insert', T[..., :2, :], name='early'),
        ],
        spans,
    )
    assert spans.named() == {'late': slice(5, 8), 'early': slice(1, 3)}
    assert torch.equal(x[0, 0, 5:8], T[0, 0])
    x = edit_tokens(x, [TokenEdit(1, 5, 'overwrite', 2 * T, name='late')], spans)
    assert spans.named() == {'late': slice(5, 8), 'early': slice(1, 3)}
    assert sorted((s.start, s.stop) for s in spans.all()) == [(1, 3), (5, 8)]
    edit_tokens(x, [TokenEdit(2, 8, 'insert', T)], spans)
    assert spans.named()['late'] == slice(5, 8)


@pytest.mark.parametrize(
    'edit',
    [
        TokenEdit(0, 7, 'insert', T),
        TokenEdit(0, 4, 'overwrite', T),
        TokenEdit(0, 5, 'blend', T),
        TokenEdit(0, -5, 'insert', T),
    ],
)
def test_edits_beyond_the_sequence_are_errors(edit):
    with pytest.raises(ValueError, match='reaches beyond the 6 tokens'):
        edit_tokens(X, [edit])


@pytest.mark.parametrize('shape', [(1, 1, 3, 7), (1, 3, 8), (1, 1, 1, 3, 8)])
def test_tokens_of_another_shape_are_errors(shape):
    with pytest.raises(ValueError, match='do not fit the sequence'):
        edit_tokens(X, [TokenEdit(0, 1, 'insert', torch.zeros(shape))])


def _vision(tokens: torch.Tensor, *edits: tuple, name: str | None = None) -> PromptPlan:
    return PromptPlan(
        vision_tower=TowerPlan(
            tuple(TokenEdit(layer, at, mode, tokens, name=name) for layer, at, mode in edits)
        )
    )


def test_vision_tower_equals_a_loop_over_blocks(small):
    """Insert before block 1, renew before block 2, read the class token: written out with open_clip's modules."""
    images = torch.randn(2, 3, 32, 32).double()
    tokens = torch.randn(1, 1, 3, 64).double()
    out = small.encode_image(
        images, _vision(tokens, (1, 1, 'insert'), (2, 1, 'overwrite'), name='rep'), ['rep']
    )
    visual = small.vision.visual
    x = visual.conv1(images).flatten(2).transpose(1, 2)
    x = torch.cat([visual.class_embedding.expand(2, 1, -1), x], 1) + visual.positional_embedding
    x = visual.transformer.resblocks[0](visual.ln_pre(x))
    prompts = tokens[0].expand(2, -1, -1)
    x = torch.cat([x[:, :1], prompts, x[:, 1:]], 1)
    x = visual.transformer.resblocks[1](x)
    x = torch.cat([x[:, :1], prompts, x[:, 4:]], 1)
    x = visual.ln_post(visual.transformer.resblocks[2](x))
    torch.testing.assert_close(out.pooled[0], x[:, 0] @ visual.proj, rtol=0, atol=1e-12)
    torch.testing.assert_close(out.tokens['rep'][0], x[:, 1:4], rtol=0, atol=1e-12)


def test_vision_tokens_at_the_embedding_enter_before_the_first_norm(small):
    images = torch.randn(2, 3, 32, 32).double()
    tokens = torch.randn(1, 1, 2, 64).double()
    out = small.encode_image(images, _vision(tokens, (-1, -1, 'insert'), name='deep'), ['deep'])
    visual = small.vision.visual
    x = visual.conv1(images).flatten(2).transpose(1, 2)
    x = torch.cat([visual.class_embedding.expand(2, 1, -1), x], 1) + visual.positional_embedding
    x = visual.ln_pre(torch.cat([x, tokens[0].expand(2, -1, -1)], 1))
    for block in visual.transformer.resblocks:
        x = block(x)
    torch.testing.assert_close(
        out.pooled[0], visual.ln_post(x)[:, 0] @ visual.proj, rtol=0, atol=1e-12
    )
    torch.testing.assert_close(
        out.tokens['deep'][0], visual.ln_post(x)[:, 17:19], rtol=0, atol=1e-12
    )


def test_samples_on_the_vision_side_are_runs_of_their_own(small):
    images = torch.randn(2, 3, 32, 32).double()
    tokens = torch.randn(3, 2, 2, 64).double()
    together = small.encode_image(images, _vision(tokens, (0, 1, 'insert'))).pooled
    assert together.shape == (3, 2, 40)
    for s in range(3):
        for n in range(2):
            alone = small.encode_image(
                images[n : n + 1], _vision(tokens[s : s + 1, n : n + 1], (0, 1, 'insert'))
            ).pooled
            torch.testing.assert_close(together[s, n], alone[0, 0], rtol=0, atol=1e-12)


def test_layers_that_do_not_exist_are_errors(small):
    images, tokens = torch.randn(1, 3, 32, 32).double(), torch.zeros(1, 1, 1, 64).double()
    with pytest.raises(ValueError, match=r'layer 3 of the vision plan.*blocks 0\.\.2'):
        small.encode_image(images, _vision(tokens, (3, 1, 'insert')))
    stem = small.image_stem(images, 2)
    with pytest.raises(ValueError, match='stem ends before block 2'):
        small.encode_image(stem, _vision(tokens, (1, 1, 'insert')))
    prompts = small.tokenize(['cat'])
    plan = PromptPlan(
        text_tower=TowerPlan((TokenEdit(4, 1, 'insert', torch.zeros(1, 1, 1, 1, 48).double()),))
    )
    with pytest.raises(ValueError, match=r'layer 4 of the text plan.*blocks 0\.\.3'):
        small.encode_text(prompts, plan)


def test_residual_modules_add_to_a_block(small):
    torch.manual_seed(0)
    adapter = torch.nn.Linear(64, 64).double()
    images = torch.randn(2, 3, 32, 32).double()
    out = small.encode_image(images, PromptPlan(vision_tower=TowerPlan(residuals={1: adapter})))
    visual = small.vision.visual
    x = small.image_stem(images, 1).hidden
    block = visual.transformer.resblocks[1]
    x = visual.transformer.resblocks[2](block(x) + adapter(block.ln_1(x)))
    torch.testing.assert_close(
        out.pooled[0], visual.ln_post(x)[:, 0] @ visual.proj, rtol=0, atol=1e-12
    )


@pytest.mark.parametrize('after', [False, True])
def test_prompts_are_no_image_where_patches_are_averaged(tmp_path, after):
    config = helpers.small_config(vision=dict(pool_type='avg', final_ln_after_pool=after))
    backbone = PromptedCLIPBackbone(**helpers.write_clip(tmp_path, config)).double()
    images, tokens = torch.randn(2, 3, 32, 32).double(), torch.randn(1, 1, 3, 64).double()
    out = backbone.encode_image(
        images, _vision(tokens, (1, 1, 'insert'), (2, 1, 'overwrite'))
    ).pooled[0]
    visual, x = backbone.vision.visual, backbone.image_stem(images, 1).hidden
    prompts = tokens[0].expand(2, -1, -1)
    x = visual.transformer.resblocks[1](torch.cat([x[:, :1], prompts, x[:, 1:]], 1))
    x = visual.transformer.resblocks[2](torch.cat([x[:, :1], prompts, x[:, 4:]], 1))
    patches = x[:, 4:]  # less the class token and the prompts
    pooled = visual.ln_post(patches.mean(1)) if after else visual.ln_post(patches).mean(1)
    torch.testing.assert_close(out, pooled @ visual.proj, rtol=0, atol=1e-12)


@pytest.fixture(
    scope='module',
    params=[
        ('test_vit', 'token', 64),
        ('test_vit', 'avg', 64),
        ('eva02_tiny_patch14_224', 'token', 224),
    ],
    ids=['vit-token', 'vit-average', 'eva-rotary'],
)
def timm_backbone(request, tmp_path_factory):
    name, pool, size = request.param
    config = helpers.small_config(custom_text=True)
    config['vision_cfg'] = dict(
        image_size=size, timm_model_name=name, timm_pool=pool, timm_proj='linear'
    )
    return PromptedCLIPBackbone(
        **helpers.write_clip(tmp_path_factory.mktemp('timm'), config)
    ).double()


def test_timm_towers_equal_a_loop_over_blocks(timm_backbone):
    """Prompts stand directly behind the class token, wherever the plan puts them, and rotary positions leave them alone."""
    images = torch.randn(2, 3, *timm_backbone.image_size).double()
    trunk, width = timm_backbone.vision.visual.trunk, timm_backbone.vision.width
    tokens = torch.randn(1, 1, 3, width).double()
    outputs = [
        timm_backbone.encode_image(
            images, _vision(tokens, (1, at, 'insert'), (2, at, 'overwrite'), name='rep'), ['rep']
        )
        for at in (1, -1)
    ]
    torch.testing.assert_close(outputs[0].pooled, outputs[1].pooled, rtol=0, atol=0)
    prefix = trunk.num_prefix_tokens
    x = trunk._pos_embed(trunk.patch_embed(images))
    x, rope = x if isinstance(x, tuple) else (x, None)
    x = trunk.norm_pre(x)
    for layer, block in enumerate(trunk.blocks):
        if layer in (1, 2):
            rest = x[:, prefix:] if layer == 1 else x[:, prefix + 3 :]
            x = torch.cat([x[:, :prefix], tokens[0].expand(2, -1, -1), rest], 1)
        if rope is None:
            x = block(x)
        else:  # an identity rotation in front of the patches' own: sin 0, cos 1 for every prompt
            sin, cos = rope.chunk(2, dim=-1)
            extra = x.shape[1] - prefix - len(rope)
            angles = torch.cat(
                [
                    torch.cat(
                        [torch.zeros(extra, sin.shape[1]), torch.ones(extra, cos.shape[1])], -1
                    ).double(),
                    rope,
                ]
            )
            x = block(x, rope=angles)
    x = trunk.norm(x)
    torch.testing.assert_close(
        outputs[0].tokens['rep'][0], x[:, prefix : prefix + 3], rtol=0, atol=1e-11
    )
    own = torch.cat([x[:, :prefix], x[:, prefix + 3 :]], 1)
    torch.testing.assert_close(
        outputs[0].pooled[0],
        timm_backbone.vision.visual.head(trunk.forward_head(own)),
        rtol=0,
        atol=1e-11,
    )
    plain = timm_backbone.encode_image(images).pooled
    torch.testing.assert_close(plain[0], timm_backbone.vision.visual(images), rtol=0, atol=1e-11)
    assert float((plain - outputs[0].pooled).abs().max()) > 1e-2
    with pytest.raises(
        ValueError, match='start=5 of a vision edit is not supported by timm towers'
    ):
        timm_backbone.encode_image(images, _vision(tokens, (1, 5, 'insert')))
