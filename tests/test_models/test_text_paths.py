"""The shared-prefix path, the textbook path and a loop over single sentences of 77 tokens give the same numbers."""

from __future__ import annotations

import itertools

import helpers_models as helpers
import pytest
import torch

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.models.prompters.layers import deep_edits
from vamp_mm.structures import EMBED, PromptPlan, TextPrompts, TokenEdit, TowerPlan

VOCABULARIES = {
    'several lengths': ['a photo of a cat.', 'a photo of a golden retriever.', 'a photo of a zebra crossing sign.'],
    'one token': ['a photo of a cat.', 'a photo of a dog.'],
    'one class': ['a photo of a zebra crossing sign.'],
    'no context': ['cat', 'golden retriever', 'airplane'],
    'one ends where another goes on': ['a photo of a', 'a photo of a cat', 'a photo of a cat and a dog'],
}  # fmt: skip


def _tokens(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def _causal(length: int) -> torch.Tensor:
    return torch.full((length, length), float('-inf'), dtype=torch.float64).triu(1)


def _plan(*edits: TokenEdit, residuals: dict | None = None) -> PromptPlan:
    return PromptPlan(text_tower=TowerPlan(tuple(edits), residuals or {}))


def _mmrl(start: int, depth: int, count: int, samples: int, images: int) -> list[TokenEdit]:
    """Insert at the first block and renew at later ones, as the MMRL and VaMP hosts do."""
    return list(deep_edits(_tokens(depth, samples, images, 1, count, 48), start, 1))


def _loop(
    small, sentences: list[str], edits: list[TokenEdit], samples: int, images: int
) -> torch.Tensor:
    """Every (sample, image, class) alone: 77 tokens, all blocks, slicing by hand."""
    tower = small.text
    ids = small._tokenizer._tokenizer(sentences)
    rows = []
    for s, n, c in itertools.product(range(samples), range(images), range(len(sentences))):
        x, position = tower.token_embedding(ids[c]), int(ids[c].argmax())
        for layer in range(EMBED, tower.depth):
            for edit in (e for e in edits if e.layer == layer):
                t = edit.tokens.expand(samples, images, len(sentences), *edit.tokens.shape[-2:])[
                    s, n, c
                ]
                end = edit.start if edit.mode == 'insert' else edit.start + len(t)
                present = x[edit.start : end]
                t = edit.weight * t + (1 - edit.weight) * present if edit.mode == 'blend' else t
                x = torch.cat([x[: edit.start], t, x[end:]])
                position += len(t) if edit.mode == 'insert' else 0
            if layer == EMBED:
                x = x[:77] + tower.positional_embedding
            else:
                x = tower.blocks[layer](x[None], attn_mask=_causal(len(x)))[0]
        rows.append(tower.ln_final(x[position]) @ tower.text_projection)
    return torch.stack(rows).unflatten(0, (samples, images, len(sentences)))


@pytest.mark.parametrize(
    'sentences', VOCABULARIES.values(), ids=[name.replace(' ', '-') for name in VOCABULARIES]
)
@pytest.mark.parametrize(
    ('start', 'depth', 'count', 'samples', 'images'),
    [(0, 4, 2, 1, 2), (2, 2, 3, 2, 2), (3, 1, 1, 3, 1), (1, 2, 5, 1, 1), (0, 1, 3, 2, 1)],
)
def test_three_ways_of_computing_agree(small, sentences, start, depth, count, samples, images):
    edits = _mmrl(start, depth, count, samples, images)
    prompts, plan = small.tokenize(sentences), _plan(*edits)
    assert small.text.shares_prefix
    with torch.no_grad():
        fast = small.encode_text(prompts, plan).pooled
        textbook = small.encode_text(prompts, plan, textbook=True).pooled
        slow = _loop(small, sentences, edits, samples, images)
    assert fast.shape == (samples, images, len(sentences), 40)
    torch.testing.assert_close(fast, slow, rtol=0, atol=1e-11)  # float64, four blocks
    torch.testing.assert_close(textbook, slow, rtol=0, atol=1e-11)
    plain = small.encode_text(prompts).pooled
    assert float((fast - plain).abs().max()) > 0.1  # the prompts matter


@pytest.mark.parametrize(
    ('start', 'depth', 'samples', 'images'), [(0, 4, 1, 2), (1, 3, 2, 2), (3, 1, 2, 1)]
)
def test_gradients_of_the_tokens_agree(small, start, depth, samples, images):
    prompts = small.tokenize(VOCABULARIES['several lengths'])
    gradients = []
    for textbook in (False, True):
        tokens = _tokens(depth, samples, images, 1, 3, 48).requires_grad_()
        plan = _plan(*deep_edits(tokens, start, 1))
        out = small.encode_text(prompts, plan, textbook=textbook).pooled
        weights = _tokens(*out.shape, seed=5)
        (out * weights).sum().backward()
        gradients.append(tokens.grad)
    assert float(gradients[1].abs().mean()) > 1e-3
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-9, atol=1e-11)


def test_gradients_of_the_fast_path_equal_finite_differences(small):
    prompts = small.tokenize(VOCABULARIES['one ends where another goes on'])
    tokens = _tokens(2, 2, 1, 1, 2, 48).requires_grad_()

    def value(t: torch.Tensor) -> torch.Tensor:
        out = small.encode_text(prompts, _plan(*deep_edits(t, 2, 1))).pooled
        return (out * _tokens(*out.shape, seed=5)).sum()

    (gradient,) = torch.autograd.grad(value(tokens), tokens)
    for seed in range(3):
        direction = _tokens(*tokens.shape, seed=seed + 10)
        with torch.no_grad():
            slope = (value(tokens + 1e-5 * direction) - value(tokens - 1e-5 * direction)) / 2e-5
        torch.testing.assert_close((gradient * direction).sum(), slope, rtol=1e-6, atol=1e-8)


EDITS = {
    'overwrite in the prefix': [TokenEdit(1, 1, 'overwrite', _tokens(2, 2, 1, 2, 48))],
    'overwrite up to the end of the prefix': [
        TokenEdit(2, 3, 'overwrite', _tokens(1, 2, 1, 2, 48))
    ],
    'blend in the prefix': [TokenEdit(1, 2, 'blend', _tokens(2, 1, 1, 2, 48), weight=0.3)],
    'insert at the end of the prefix': [TokenEdit(1, 5, 'insert', _tokens(2, 2, 1, 2, 48))],
    'two edits of one block': [
        TokenEdit(1, 1, 'insert', _tokens(2, 1, 1, 2, 48)),
        TokenEdit(1, 2, 'blend', _tokens(1, 2, 1, 3, 48), weight=0.5),
    ],
    'overwrite beyond the prefix': [TokenEdit(1, 4, 'overwrite', _tokens(1, 2, 1, 2, 48))],
    'insert beyond the prefix': [TokenEdit(1, 6, 'insert', _tokens(1, 2, 1, 2, 48))],
    'own tokens for each class': [TokenEdit(2, 1, 'insert', _tokens(1, 2, 3, 2, 48))],
    'at the embedding, insert': [TokenEdit(EMBED, 1, 'insert', _tokens(2, 2, 1, 2, 48))],
    'at the embedding, overwrite, renewed': list(
        deep_edits(_tokens(3, 2, 2, 1, 2, 48), 0, 1, 'overwrite', at_embedding=True)
    ),
    'at the embedding for each class': [TokenEdit(EMBED, 1, 'overwrite', _tokens(1, 1, 3, 4, 48))],
}


@pytest.mark.parametrize('edits', EDITS.values(), ids=[name.replace(' ', '-') for name in EDITS])
def test_every_kind_of_edit_equals_the_loop(small, edits):
    sentences = VOCABULARIES['several lengths']
    prompts, plan = small.tokenize(sentences), _plan(*edits)
    assert prompts.prefix == 5
    with torch.no_grad():
        out = small.encode_text(prompts, plan).pooled
        samples, images = out.shape[:2]
        torch.testing.assert_close(
            out, _loop(small, sentences, edits, samples, images), rtol=0, atol=1e-11
        )


def test_residual_modules_are_added_at_the_end_of_their_blocks(small):
    torch.manual_seed(0)
    adapters = {index: torch.nn.Linear(48, 48).double() for index in (1, 3)}
    prompts = small.tokenize(VOCABULARIES['several lengths'])
    plan = _plan(*_mmrl(2, 1, 2, 1, 1), residuals=adapters)
    out = small.encode_text(prompts, plan).pooled[0, 0]
    tower = small.text
    for c in range(3):
        x = (
            tower.token_embedding(prompts.ids[c : c + 1])
            + tower.positional_embedding[: prompts.ids.shape[1]]
        )
        position = int(prompts.eot[c])
        for layer, block in enumerate(tower.blocks):
            if layer == 2:
                x = torch.cat([x[:, :1], plan.text_tower.edits[0].tokens[0, 0], x[:, 1:]], 1)
                position += 2
            y = block(x, attn_mask=_causal(x.shape[1]))
            x = y + adapters[layer](block.ln_1(x)) if layer in adapters else y
        expected = tower.ln_final(x[0, position]) @ tower.text_projection
        torch.testing.assert_close(out[c], expected, rtol=0, atol=1e-11)


def test_fast_path_on_the_twelve_block_openai_model(tiny):
    """QuickGELU, twelve blocks, the layers of the paper: insert at block 5, renew up to block 11."""
    prompts = tiny.tokenize([f'a photo of a {name}.' for name in helpers.NAMES])
    plan = _plan(*deep_edits(_tokens(7, 2, 2, 1, 5, 128), 5, 1))
    with torch.no_grad():
        fast = tiny.encode_text(prompts, plan).pooled
        textbook = tiny.encode_text(prompts, plan, textbook=True).pooled
    torch.testing.assert_close(fast, textbook, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    'change',
    [
        dict(quick_gelu=True),
        dict(text=dict(ls_init_value=0.5)),
        dict(custom_text=True, text=dict(proj_bias=True)),
        pytest.param(
            dict(text=dict(pool_type='eos', eos_id=49407)),
            marks=pytest.mark.skipif(
                not helpers.HAS_EOS_ID, reason='open_clip is older than eos_id'
            ),
        ),
        dict(text=dict(qk_norm=True)),
    ],
)
def test_fast_path_on_other_towers(tmp_path, change):
    config = helpers.small_config(**change)
    backbone = PromptedCLIPBackbone(**helpers.write_clip(tmp_path, config)).double()
    prompts, plan = backbone.tokenize(VOCABULARIES['several lengths']), _plan(*_mmrl(1, 3, 2, 2, 2))
    # attention of another kind than nn.MultiheadAttention runs as open_clip wrote it
    assert backbone.text.shares_prefix == ('qk_norm' not in change.get('text', {}))
    with torch.no_grad():
        torch.testing.assert_close(
            backbone.encode_text(prompts, plan).pooled,
            backbone.encode_text(prompts, plan, textbook=True).pooled,
            rtol=0,
            atol=1e-11,
        )


def test_fast_path_in_bfloat16_autocast(small_files):
    backbone = PromptedCLIPBackbone(**small_files)
    prompts = backbone.tokenize(VOCABULARIES['several lengths'])
    plan = _plan(
        *(TokenEdit(e.layer, e.start, e.mode, e.tokens.float()) for e in _mmrl(1, 3, 3, 2, 2))
    )
    with torch.no_grad():
        truth = backbone.encode_text(prompts, plan).pooled
        with torch.autocast('cpu', torch.bfloat16):
            fast = backbone.encode_text(prompts, plan).pooled.float()
            textbook = backbone.encode_text(prompts, plan, textbook=True).pooled.float()
    errors = [float((value - truth).norm() / truth.norm()) for value in (fast, textbook)]
    assert errors[0] < 1.5 * errors[1] + 1e-3
    assert errors[0] < 0.05


def test_too_many_tokens_for_the_positions_are_an_error(small):
    prompts = small.tokenize([' '.join(['cat'] * 75)])
    with pytest.raises(ValueError, match='78 tokens after the edits exceed the 77 positions'):
        small.encode_text(prompts, _plan(TokenEdit(EMBED, 1, 'insert', _tokens(1, 1, 1, 1, 48))))
    # behind block 0 no position is needed
    assert (
        small.encode_text(prompts, _plan(TokenEdit(0, 1, 'insert', _tokens(1, 1, 1, 1, 48))))
        .pooled.isfinite()
        .all()
    )


@pytest.mark.parametrize('start', [-1, 7, 9])
def test_insertions_behind_the_read_out_token_are_errors(small, start):
    # the shortest sentence ends at position 7
    prompts = small.tokenize(VOCABULARIES['several lengths'])
    with pytest.raises(ValueError, match='text'):
        small.encode_text(
            prompts,
            _plan(
                TokenEdit(1, start + 1 if start > 0 else start, 'insert', _tokens(1, 1, 1, 1, 48))
            ),
        )


# the kept states of the blocks below the first edit


def test_lower_blocks_run_once_per_vocabulary(small, monkeypatch):
    prompts, plan = small.tokenize(VOCABULARIES['one token']), _plan(*_mmrl(2, 2, 3, 2, 2))
    with torch.no_grad():
        first = small.encode_text(prompts, plan).pooled
        calls = []
        hook = small.text.blocks[0].register_forward_hook(lambda *_: calls.append(1))
        second = small.encode_text(prompts, plan).pooled
        hook.remove()
    assert calls == []
    assert torch.equal(first, second)


def test_kept_states_serve_only_their_own_layer_precision_and_vocabulary(small_files):
    backbone = PromptedCLIPBackbone(**small_files)
    prompts = backbone.tokenize(VOCABULARIES['one token'])
    edits = {
        start: _plan(TokenEdit(start, 1, 'insert', _tokens(1, 1, 1, 2, 48).float()))
        for start in (1, 2, 3)
    }
    with torch.no_grad():
        fresh = {}
        for start, plan in edits.items():
            fresh[start] = backbone.encode_text(
                backbone.tokenize(VOCABULARIES['one token']), plan
            ).pooled
        for _ in range(2):
            for start, plan in edits.items():
                assert torch.equal(backbone.encode_text(prompts, plan).pooled, fresh[start])
                with torch.autocast('cpu', torch.bfloat16):
                    assert not torch.equal(
                        backbone.encode_text(prompts, plan).pooled.float(), fresh[start]
                    )
        other = backbone.tokenize(VOCABULARIES['several lengths'][:2])
        assert not torch.equal(backbone.encode_text(other, edits[2]).pooled, fresh[2])


def test_kept_states_go_with_the_vocabulary(small):
    prompts = small.tokenize(VOCABULARIES['one token'])
    small.encode_text(prompts, _plan(*_mmrl(2, 1, 1, 1, 1)))
    assert prompts in small.text._kept
    before = len(small.text._kept)
    del prompts
    assert len(small.text._kept) == before - 1


def test_kept_states_go_when_the_tower_is_cast(small_files):
    backbone = PromptedCLIPBackbone(**small_files)
    prompts, edit = (
        backbone.tokenize(VOCABULARIES['one token']),
        TokenEdit(2, 1, 'insert', _tokens(1, 1, 1, 2, 48)),
    )
    backbone.encode_text(prompts, _plan(TokenEdit(2, 1, 'insert', edit.tokens.float())))
    wide = backbone.double().encode_text(prompts, _plan(edit)).pooled
    fresh = backbone.encode_text(backbone.tokenize(VOCABULARIES['one token']), _plan(edit)).pooled
    assert wide.dtype == torch.float64
    assert torch.equal(wide, fresh)


def test_kept_states_go_when_weights_change(small_files):
    backbone = PromptedCLIPBackbone(**small_files).double()
    prompts, plan = (
        backbone.tokenize(VOCABULARIES['one token']),
        _plan(TokenEdit(2, 1, 'insert', _tokens(1, 1, 1, 2, 48))),
    )
    before = backbone.encode_text(prompts, plan).pooled
    backbone.text.blocks[0].requires_grad_(True)  # tuned from now on: nothing may be kept
    with torch.no_grad():
        backbone.text.blocks[0].ln_1.bias.add_(1.0)
    changed = backbone.encode_text(prompts, plan).pooled
    assert float((changed - before).detach().abs().max()) > 1e-3
    assert changed.requires_grad
    backbone.requires_grad_(False)
    backbone.text.load_state_dict(
        {
            k: torch.zeros_like(v) if 'token_embedding' in k else v
            for k, v in backbone.text.state_dict().items()
        }
    )
    loaded = backbone.encode_text(prompts, plan).pooled
    assert torch.equal(
        loaded,
        backbone.encode_text(
            TextPrompts(prompts.ids.clone(), prompts.eot.clone(), prompts.prefix), plan
        ).pooled,
    )
