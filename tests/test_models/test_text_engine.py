"""The fast text path equals the textbook path over random plans, in float64, in outputs and in all gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.structures import EMBED, PromptPlan, TokenEdit, TowerPlan

#: One layer norm, two matrix products and a softmax a block, four blocks: a few hundred roundings of 1e-16.
RELATIVE = 1e-10

NAMES = ('cat', 'dog', 'golden retriever', 'zebra crossing sign', 'a', 'kite (bird of prey)', ' '.join(['very'] * 40) + ' long')


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
    template = draw(st.sampled_from(('{}', 'a photo of a {}.', '{} texture.', 'a photo of a {}, a type of pet.')))
    sentences = [template.format(name) for name in names]
    sizes = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), len(names))
    shortest = min(len(sentence.split()) for sentence in sentences)  # never more tokens than that and the start token
    edits, grown = [], 0
    layers = draw(st.lists(st.integers(EMBED, depth - 1), min_size=0, max_size=4))
    for layer in sorted(layers):
        mode = draw(st.sampled_from(('insert', 'overwrite', 'blend')))
        count = draw(st.integers(1, 4))
        last = shortest + grown + (1 if mode == 'insert' else 4)  # overwriting may reach behind a sentence's end
        start = draw(st.integers(0, last))
        tokens = _draw_tokens(draw, sizes, count)
        edits.append(TokenEdit(layer, start, mode, tokens, weight=draw(st.floats(0, 1)) if mode == 'blend' else 1.0))
        grown += count if mode == 'insert' else 0
    adapted = draw(st.lists(st.integers(0, depth - 1), max_size=2, unique=True))
    shuffled = draw(st.permutations(edits)) if len({e.layer for e in edits}) == len(edits) else edits
    return sentences, shuffled, adapted, draw(st.sampled_from((1, 7, 20, 60, 10**9)))


def _adapters(layers: list[int]) -> torch.nn.ModuleDict:
    torch.manual_seed(0)
    return torch.nn.ModuleDict({
        str(layer): torch.nn.Sequential(torch.nn.Linear(48, 8), torch.nn.ReLU(), torch.nn.Linear(8, 48)).double()
        for layer in layers})


def _run(backbone, sentences, edits, adapted, textbook: bool) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Features, and the gradient of a random linear function of them for everything that is learned."""
    adapters = _adapters(adapted)
    leaves = [edit.tokens.clone().requires_grad_() for edit in edits]
    own = tuple(TokenEdit(e.layer, e.start, e.mode, leaf, e.weight) for e, leaf in zip(edits, leaves))
    plan = PromptPlan(text_tower=TowerPlan(own, {layer: adapters[str(layer)] for layer in adapted}))
    out = backbone.encode_text(backbone.tokenize(sentences), plan, textbook=textbook).pooled
    weights = torch.randn(out.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
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


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_random_plans_equal_the_textbook_path(engine, case):
    sentences, edits, adapted, engine.text.max_tokens = case
    fast, fast_gradients = _run(engine, sentences, edits, adapted, textbook=False)
    slow, slow_gradients = _run(engine, sentences, edits, adapted, textbook=True)
    assert fast.shape == slow.shape
    _assert_equal(fast, slow, 'features')
    for name, gradient in slow_gradients.items():
        _assert_equal(fast_gradients[name], gradient, name)
