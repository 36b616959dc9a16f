"""The fast text path equals the textbook path over random plans, in float64, in outputs and in all gradients."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial

import helpers_models as helpers
import methods
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vamp_mm.analysis.speed.recording import kept_for_backward
from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.models.clip import budget as budget_module
from vamp_mm.models.clip import text_layout
from vamp_mm.models.clip.budget import default_max_tokens
from vamp_mm.models.clip.text_layout import TextLayout
from vamp_mm.models.clip.text_rows import TextRows
from vamp_mm.models.prompters.layers import deep_edits
from vamp_mm.structures import EMBED, PromptPlan, TokenEdit, TowerPlan

#: One layer norm, two matrix products and a softmax a block, four blocks: a few hundred roundings of 1e-16.
RELATIVE = 1e-10

NAMES = (
    'cat',
    'dog',
    'golden retriever',
    'zebra crossing sign',
    'a',
    'kite (bird of prey)',
    ' '.join(['very'] * 40) + ' long',
)


@pytest.fixture(params=[256, 16, 1], ids=['one chunk', 'chunks', 'a class each'])
def chunk(request, monkeypatch) -> int:
    """Own tokens of a chunk: with 1 no two classes share one."""
    monkeypatch.setattr(text_layout, '_ALONE', request.param)
    monkeypatch.setattr(text_layout, '_CHUNK', request.param)
    return request.param


@pytest.fixture(scope='session')
def engine(small_files) -> PromptedCLIPBackbone:
    """A backbone of its own: tests here change its budget."""
    return PromptedCLIPBackbone(**small_files).double()


def _draw_tokens(draw, sizes: tuple[int, int, int], count: int) -> torch.Tensor:
    """Tokens with each axis full or 1."""
    shape = [draw(st.sampled_from((1, size))) for size in sizes]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    return torch.randn(*shape, count, 48, dtype=torch.float64, generator=generator)


@st.composite
def cases(draw, depth: int = 4):
    """Sentences, a plan of any kind that they allow, and a budget."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    template = draw(
        st.sampled_from(
            ('{}', 'a photo of a {}.', '{} texture.', 'a photo of a {}, a type of pet.')
        )
    )
    sentences = [template.format(name) for name in names]
    sizes = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), len(names))
    # never more tokens than that and the start token
    shortest = min(len(sentence.split()) for sentence in sentences)
    edits, grown = [], 0
    layers = draw(
        st.lists(st.integers(EMBED, depth - 1), min_size=draw(st.integers(0, 3)), max_size=4)
    )
    for layer in sorted(layers):
        mode = draw(st.sampled_from(('insert', 'overwrite', 'blend')))
        count = draw(st.integers(1, 4))
        # overwriting may reach behind a sentence's end
        last = shortest + grown + (1 if mode == 'insert' else 4)
        start = draw(st.integers(0, last))
        tokens = _draw_tokens(draw, sizes, count)
        edits.append(
            TokenEdit(
                layer, start, mode, tokens, weight=draw(st.floats(0, 1)) if mode == 'blend' else 1.0
            )
        )
        grown += count if mode == 'insert' else 0
    adapted = draw(st.lists(st.integers(0, depth - 1), max_size=2, unique=True))
    shuffled = (
        draw(st.permutations(edits)) if len({e.layer for e in edits}) == len(edits) else edits
    )
    return sentences, shuffled, adapted, draw(st.sampled_from((10**9, 7, 20, 60, 150, 1)))


def _adapters(layers: list[int]) -> torch.nn.ModuleDict:
    torch.manual_seed(0)
    return torch.nn.ModuleDict(
        {
            str(layer): torch.nn.Sequential(
                torch.nn.Linear(48, 8), torch.nn.ReLU(), torch.nn.Linear(8, 48)
            ).double()
            for layer in layers
        }
    )


def _run(
    backbone, sentences, edits, adapted, textbook: bool
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Features, and the gradient of a random linear function of them for everything that is learned."""
    adapters = _adapters(adapted)
    leaves = [edit.tokens.clone().requires_grad_() for edit in edits]
    own = tuple(
        TokenEdit(e.layer, e.start, e.mode, leaf, e.weight) for e, leaf in zip(edits, leaves)
    )
    plan = PromptPlan(text_tower=TowerPlan(own, {layer: adapters[str(layer)] for layer in adapted}))
    out = backbone.encode_text(backbone.tokenize(sentences), plan, textbook=textbook).pooled
    weights = torch.randn(
        out.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    if out.requires_grad:
        (out * weights).sum().backward()
    named = {f'edit {i}': leaf.grad for i, leaf in enumerate(leaves)}
    named |= {name: value.grad for name, value in adapters.named_parameters()}
    return out.detach(), named


def _assert_equal(fast: torch.Tensor | None, slow: torch.Tensor | None, what: str) -> None:
    if slow is None or fast is None:  # a learnable without influence may be left out or get zeros
        assert all(value is None or not value.any() for value in (fast, slow)), what
        return
    # relative to the tensor: single entries of a gradient may vanish by chance
    assert float((fast - slow).norm()) <= RELATIVE * float(slow.norm()) + 1e-13, what


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_random_plans_equal_the_textbook_path(engine, chunk, case):
    sentences, edits, adapted, engine.text.max_tokens = case
    fast, fast_gradients = _run(engine, sentences, edits, adapted, textbook=False)
    slow, slow_gradients = _run(engine, sentences, edits, adapted, textbook=True)
    assert fast.shape == slow.shape
    _assert_equal(fast, slow, 'features')
    for name, gradient in slow_gradients.items():
        _assert_equal(fast_gradients[name], gradient, name)


@pytest.mark.parametrize('budget', [1, 40, 10**9])
@pytest.mark.parametrize('row', list(methods.TRAINED), ids=methods.ids)
def test_every_method_trains_the_same_on_both_paths(engine, chunk, monkeypatch, row, budget):
    """Loss and gradients of all learnables of whole models, images towers and losses included."""
    images, samples = helpers.batch(3)
    model = helpers.build_method(engine, row.prompter, row.head)
    helpers.stir(model)
    gradients = []
    for textbook in (False, True):
        engine.text.max_tokens = budget
        monkeypatch.setattr(
            engine, 'encode_text', partial(type(engine).encode_text, engine, textbook=textbook)
        )
        loss = helpers.total_loss(model, images, samples)
        learned = {name: value for name, value in model.named_parameters() if value.requires_grad}
        values = torch.autograd.grad(loss, list(learned.values()), allow_unused=True)
        gradients.append({'loss': loss.detach(), **dict(zip(learned, values))})
    assert any(value is not None and value.any() for value in gradients[1].values())
    for name, slow in gradients[1].items():
        _assert_equal(gradients[0][name], slow, name)


BIDIRECTIONAL = dict(no_causal_mask=True, pool_type='last', context_length=24, proj_bias=True)


@pytest.mark.parametrize(
    'change', [BIDIRECTIONAL, dict(qk_norm=True)], ids=['bidirectional', 'other attention']
)
@pytest.mark.parametrize('budget', [1, 60, 10**9])
def test_other_towers_take_whole_sentences_and_equal_the_textbook_path(tmp_path, change, budget):
    config = helpers.small_config(
        text=change, **(dict(custom_text=True) if 'proj_bias' in change else {})
    )
    backbone = PromptedCLIPBackbone(
        **helpers.write_clip(tmp_path, config), max_tokens=budget
    ).double()
    assert not backbone.text.shares_prefix
    sentences = ['a photo of a cat', 'a photo of a golden retriever', 'a']
    edits = [
        TokenEdit(EMBED, 1, 'overwrite', torch.randn(1, 2, 1, 2, 48).double()),
        TokenEdit(1, 1, 'insert', torch.randn(2, 1, 3, 2, 48).double()),
        TokenEdit(2, 2, 'blend', torch.randn(1, 1, 1, 12, 48).double(), weight=0.4),
    ]
    for plan in (edits, edits[1:], edits[2:], []):
        fast, fast_gradients = _run(backbone, sentences, plan, [1], textbook=False)
        slow, slow_gradients = _run(backbone, sentences, plan, [1], textbook=True)
        _assert_equal(fast, slow, 'features')
        for name, gradient in slow_gradients.items():
            _assert_equal(fast_gradients[name], gradient, name)


# memory


def _seen_tokens(backbone, module: torch.nn.Module, work) -> int:
    """Most tokens that a module sees in one call."""
    calls = []
    hook = module.register_forward_hook(
        lambda _, inputs, __: calls.append(inputs[0][..., 0].numel())
    )
    work()
    hook.remove()
    return max(calls)


@pytest.mark.parametrize('budget', [30, 100, 300])
def test_no_block_computes_more_tokens_than_the_budget(engine, budget):
    prompts = engine.tokenize([f'a photo of a {name}.' for name in NAMES[:6]])
    tokens = torch.randn(2, 3, 5, 1, 4, 48).double()
    plan = PromptPlan(text_tower=TowerPlan(deep_edits(tokens, 2, 1)))
    engine.text.max_tokens = budget
    with torch.no_grad():
        seen = _seen_tokens(
            engine, engine.text.blocks[3].ln_1, lambda: engine.encode_text(prompts, plan)
        )
    assert budget / 3 < seen <= budget


def test_training_in_shares_keeps_no_activations_for_backward(engine):
    prompts = engine.tokenize([f'a photo of a {name}.' for name in NAMES[:6]])
    kept = {}
    for budget in (60, 10**9):
        tokens = torch.randn(4, 2, 4, 1, 3, 48).double().requires_grad_()
        plan = PromptPlan(text_tower=TowerPlan(deep_edits(tokens, 0, 1)))
        engine.text.max_tokens = budget
        kept[budget] = kept_for_backward(lambda: engine.encode_text(prompts, plan), engine)  # noqa: B023
    assert kept[60] < kept[10**9] / 20


def test_the_budget_is_checked_and_by_default_goes_by_free_memory(engine, small_files, monkeypatch):
    with pytest.raises(ValueError, match='max_tokens=0'):
        PromptedCLIPBackbone(**small_files, max_tokens=0)
    found = {}
    for free in (2**34, 2**35, 2**35 + 2**20):
        monkeypatch.setattr(budget_module, '_free_bytes', lambda _, free=free: free)
        found[free] = [
            default_max_tokens(torch.device('cpu'), 512, 12, 4, training)
            for training in (False, True)
        ]
    # steps of two
    assert found[2**35] == found[2**35 + 2**20] == [2 * value for value in found[2**34]]
    assert all(training * 8 <= predicting for predicting, training in found.values())
    monkeypatch.setattr(budget_module, '_free_bytes', lambda _: 0)
    assert default_max_tokens(torch.device('cpu'), 512, 12, 4, True) == 1024


def test_nothing_below_the_first_edit_is_kept_for_backward(engine):
    prompts = engine.tokenize([f'a photo of a {name}.' for name in NAMES[:6]])
    engine.text.max_tokens = None
    kept = []
    for first in (0, 1, 2, 3):
        tokens = torch.randn(4 - first, 1, 2, 1, 3, 48).double().requires_grad_()
        plan = PromptPlan(text_tower=TowerPlan(deep_edits(tokens, first, 1)))
        kept.append(kept_for_backward(lambda: engine.encode_text(prompts, plan), engine))  # noqa: B023
    assert kept[0] - kept[1] == pytest.approx(kept[1] - kept[2], rel=0.01)  # a block is a block
    assert kept[3] < kept[0] / 5


# precision and kept states


@pytest.mark.parametrize('first', [EMBED, 0, 2])
def test_errors_in_float32_and_bfloat16_are_those_of_the_textbook_path(small_files, first):
    """Rounding differs, its size does not: against float64, features and gradients alike."""
    single, double = (
        PromptedCLIPBackbone(**small_files).to(dtype) for dtype in (torch.float32, torch.float64)
    )
    sentences = [f'a photo of a {name}.' for name in NAMES[:6]]
    edits = [
        TokenEdit(first, 1, 'insert', torch.randn(2, 2, 1, 3, 48)),
        TokenEdit(3, 1, 'overwrite', torch.randn(2, 2, 1, 3, 48)),
    ]
    exact, exact_gradients = _run(
        double, sentences, [replace(e, tokens=e.tokens.double()) for e in edits], [], True
    )
    for dtype, most in ((None, 1e-6), (torch.bfloat16, 0.03)):
        errors = {}
        for textbook in (False, True):
            with torch.autocast('cpu', dtype, enabled=dtype is not None):
                out, gradients = _run(single, sentences, edits, [], textbook)
            pairs = [
                (out, exact),
                *((gradients[name], value) for name, value in exact_gradients.items()),
            ]
            errors[textbook] = [float((a.double() - b).norm() / b.norm()) for a, b in pairs]
        for fast, slow in zip(errors[False], errors[True]):
            assert fast < 1.5 * slow
            assert fast < most


def test_float32_prompts_widen_half_precision_sentences_as_a_whole():
    text = TextRows(torch.randn(1, 1, 12, 8).bfloat16(), TextLayout(4, (2, 3, 3)))
    for start, classes in ((1, 1), (5, 1), (4, 3), (2, 3)):
        edited = text.edit([TokenEdit(0, start, 'overwrite', torch.randn(1, 2, classes, 2, 8))])
        assert edited.x.dtype == torch.float32
    assert text.edit([]).x.dtype == torch.bfloat16
    joined = TextRows.join(torch.randn(1, 2, 4, 8), text.x[0, 0, 4:], text.layout)
    assert joined.x.dtype == torch.float32


CHANGES = {
    'written to': lambda text: text.blocks[0].ln_1.bias.add_(1.0),
    'replaced': lambda text: setattr(
        text.blocks[0].ln_1, 'bias', torch.nn.Parameter(torch.ones(48).double(), False)
    ),
    'other data': lambda text: setattr(text.blocks[0].ln_1.bias, 'data', torch.ones(48).double()),
    'cast twice': lambda text: text.bfloat16().double(),
    'loaded': lambda text: text.load_state_dict(
        {key: 0.9 * value for key, value in text.state_dict().items()}
    ),
}


@pytest.mark.parametrize(
    'change', CHANGES.values(), ids=[name.replace(' ', '-') for name in CHANGES]
)
@pytest.mark.parametrize('causal', [True, False])
def test_kept_states_go_when_weights_change_in_any_way(tmp_path, small_files, change, causal):
    files = (
        small_files
        if causal
        else helpers.write_clip(
            tmp_path, helpers.small_config(text=BIDIRECTIONAL, custom_text=True)
        )
    )
    backbone = PromptedCLIPBackbone(**files).double()
    prompts = backbone.tokenize(['a photo of a cat', 'a photo of a dog'])
    plan = PromptPlan(
        text_tower=TowerPlan((TokenEdit(2, 1, 'insert', torch.randn(1, 1, 1, 2, 48).double()),))
    )
    with torch.no_grad():
        before = backbone.encode_text(prompts, plan).pooled
        assert prompts in backbone.text._kept
        change(backbone.text)
        after = backbone.encode_text(prompts, plan).pooled
        fresh = backbone.encode_text(prompts, plan, textbook=True).pooled
    assert float((after - before).abs().max()) > 1e-9
    torch.testing.assert_close(after, fresh, rtol=0, atol=1e-12)


def test_states_kept_in_inference_mode_do_not_reach_training(engine):
    prompts = engine.tokenize(['a photo of a cat', 'a photo of a dog'])
    tokens = torch.randn(1, 1, 1, 2, 48).double().requires_grad_()
    plan = PromptPlan(text_tower=TowerPlan((TokenEdit(2, 1, 'insert', tokens),)))
    with torch.inference_mode():
        out = engine.encode_text(prompts, plan).pooled
    again = engine.encode_text(prompts, plan).pooled
    again.sum().backward()
    assert torch.equal(out, again)
    assert tokens.grad.any()


def test_a_copy_of_the_backbone_keeps_its_own_states(engine):
    prompts = engine.tokenize(['a photo of a cat', 'a photo of a dog'])
    plan = PromptPlan(
        text_tower=TowerPlan((TokenEdit(2, 1, 'insert', torch.randn(1, 1, 1, 2, 48).double()),))
    )
    out = engine.encode_text(prompts, plan).pooled
    twin = copy.deepcopy(engine)
    assert len(twin.text._kept) == 0
    assert torch.equal(twin.encode_text(prompts, plan).pooled, out)


# bad input


@pytest.mark.parametrize(
    ('tokens', 'message'),
    [
        ((1, 1, 3, 2, 48), 'for 3 classes, there are 2 sentences'),
        ((1, 1, 2, 48), 'do not fit the text tower'),
        ((1, 1, 1, 2, 40), 'do not fit the text tower'),
    ],
)
def test_tokens_that_do_not_fit_are_errors(engine, tokens, message):
    prompts = engine.tokenize(['a photo of a cat', 'a photo of a dog'])
    with pytest.raises(ValueError, match=message):
        engine.encode_text(
            prompts,
            PromptPlan(text_tower=TowerPlan((TokenEdit(1, 1, 'insert', torch.zeros(tokens)),))),
        )


def test_a_prefix_that_sentences_do_not_share_is_an_error(engine):
    prompts = engine.tokenize(['a photo of a cat', 'a picture of a dog'])
    for prefix in (3, 6):
        with pytest.raises(ValueError, match=f'prefix={prefix} tokens are not common'):
            engine.encode_text(replace(prompts, prefix=prefix))
