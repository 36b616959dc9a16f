"""A text tower with trained weights: frozen blocks below them run once per vocabulary, and every number stays exact."""

from __future__ import annotations

from functools import partial
from typing import Any

import helpers_models as helpers
import pytest
import torch

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.structures import PromptPlan, TokenEdit, TowerPlan

#: Norms, matrix products and softmaxes of four blocks: a few hundred roundings of 1e-16.
RELATIVE = 1e-10
BIDIRECTIONAL = helpers.small_config(
    text=dict(no_causal_mask=True, pool_type='last', context_length=24), custom_text=True
)
#: What is trained in the text tower -> blocks that run once, of four.
TRAINED: dict[str, tuple[dict[str, Any], int]] = {
    'upper half': (dict(text_start=2), 2),
    'last block': (dict(text_start=3), 3),
    # the last block reads out: it always runs
    'behind the blocks': (dict(text=['ln_final.*', 'text_projection*']), 3),
    'norms from the second block': (dict(text=['*.ln_[12].*'], text_start=1), 1),
    'all norms': (dict(text=['*.ln_[12].*']), 0),
}


@pytest.fixture(scope='module', params=['causal', 'bidirectional'])
def clip(request, tmp_path_factory) -> PromptedCLIPBackbone:
    config = {'causal': helpers.SMALL, 'bidirectional': BIDIRECTIONAL}[request.param]
    return PromptedCLIPBackbone(
        **helpers.write_clip(tmp_path_factory.mktemp('clip'), config)
    ).double()


def _build(clip, adapter: dict[str, Any], **arguments: Any):
    prompter = dict(type='AdapterPrompter', adapter=dict(type='TunedWeights', vision=(), **adapter))
    return helpers.build_method(clip, prompter, dict(type='PromptClsHead'), **arguments).train()


def _runs(model) -> list[int]:
    """Calls of each text block's first LayerNorm so far, which grow."""
    tower = model.prompter.adapter.text
    calls = [0] * tower.depth

    def count(layer: int, *_: Any) -> None:
        calls[layer] += 1

    for layer, block in enumerate(tower.blocks):
        block.ln_1.register_forward_hook(partial(count, layer))
    return calls


def _step(model, images, samples) -> dict[str, torch.Tensor]:
    learned = {name: value for name, value in model.named_parameters() if value.requires_grad}
    loss = helpers.total_loss(model, images, samples)
    return {
        'loss': loss.detach(),
        **dict(zip(learned, torch.autograd.grad(loss, list(learned.values())))),
    }


@pytest.mark.parametrize(
    ('adapter', 'below'), TRAINED.values(), ids=[name.replace(' ', '-') for name in TRAINED]
)
@pytest.mark.parametrize('budget', [None, 40])
def test_steps_equal_the_textbook_path_while_weights_change(
    clip, monkeypatch, adapter, below, budget
):
    model, (images, samples) = _build(clip, adapter), helpers.batch(3)
    monkeypatch.setattr(model.prompter.adapter.text, 'max_tokens', budget)
    values = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(values, lr=1e-2)
    encode, losses = clip.encode_text, []
    for _ in range(3):
        fast = _step(model, images, samples)
        with monkeypatch.context() as patch:
            patch.setattr(clip, 'encode_text', lambda *a: encode(*a, textbook=True))
            slow = _step(model, images, samples)
        for name, value in slow.items():
            assert float((fast[name] - value).norm()) <= RELATIVE * float(value.norm()) + 1e-13, (
                name
            )
        for value, gradient in zip(values, list(fast.values())[1:]):
            value.grad = gradient
        optimizer.step()
        losses.append(float(fast['loss']))
    assert len(set(losses)) == 3  # the weights did change


@pytest.mark.parametrize(
    ('adapter', 'below'), TRAINED.values(), ids=[name.replace(' ', '-') for name in TRAINED]
)
def test_frozen_blocks_run_once_per_vocabulary(clip, adapter, below):
    model, (images, samples) = _build(clip, adapter), helpers.batch(3)
    calls, optimizer = (
        _runs(model),
        torch.optim.SGD([v for v in model.parameters() if v.requires_grad], lr=0.1),
    )
    after = []
    for _ in range(3):
        helpers.total_loss(model, images, samples).backward()
        optimizer.step()
        after.append(list(calls))
    per_step = [b - a for a, b in zip(after[1], after[2])]
    assert per_step[:below] == [0] * below
    assert all(per_step[below:])
    assert [b - a for a, b in zip(after[0], after[1])] == per_step
    with torch.no_grad():  # a frozen weight that is written to all the same
        model.prompter.adapter.text.blocks[0].ln_1.bias.add_(0.1)
    helpers.total_loss(model, images, samples)
    assert all(calls[layer] > after[2][layer] for layer in range(below))
    model.prompter.adapter.text.blocks[0].ln_1.bias.data.sub_(0.1)


@pytest.mark.parametrize(
    'adapter', [dict(text_start=2), dict(text=['*.ln_[12].*'])], ids=['upper half', 'all norms']
)
def test_some_of_the_classes_are_the_same_sentences(clip, monkeypatch, adapter):
    """Class skipping: other classes in each step, and still nothing frozen runs twice."""
    model, (images, samples) = (
        _build(clip, adapter, class_skipping=dict(type='ClassSkipping')),
        helpers.batch(2),
    )
    calls, after, encode = _runs(model), [], clip.encode_text
    for ranks in ((0, 2), (1, 3), (0, 3, 4)):
        model.class_skipping.kept_ranks = torch.zeros(5, dtype=torch.bool).index_fill_(
            0, torch.tensor(ranks), True
        )
        fast = _step(model, images, samples)
        after.append(list(calls))
        with monkeypatch.context() as patch:
            patch.setattr(clip, 'encode_text', lambda *a: encode(*a, textbook=True))
            slow = _step(model, images, samples)
        textbook = [b - a for a, b in zip(after[-1], calls)]
        calls[:] = after[-1]
        assert all(textbook)
        for name, value in slow.items():
            assert float((fast[name] - value).norm()) <= RELATIVE * float(value.norm()) + 1e-13, (
                name
            )
        with torch.no_grad():
            for value in model.parameters():
                value.add_(0.01) if value.requires_grad else None
    below = 2 if 'text_start' in adapter else 0
    assert after[0][:below] == after[1][:below] == after[2][:below]
    assert after[1][below:] != after[2][below:]


def test_parts_of_sentences_keep_their_order_and_their_edits(clip):
    prompts = clip.tokenize([f'a photo of a {name}.' for name in helpers.NAMES])
    tokens = torch.randn(2, 1, 5, 2, clip.text.width, dtype=torch.float64)
    whole = clip.encode_text(
        prompts, PromptPlan(text_tower=TowerPlan((TokenEdit(2, 1, 'insert', tokens),)))
    ).pooled
    for rows in ([3], [4, 0, 2], [1, 3], [0, 1, 2, 3, 4]):
        classes = torch.tensor(rows)
        plan = PromptPlan(text_tower=TowerPlan((TokenEdit(2, 1, 'insert', tokens[:, :, classes]),)))
        part = clip.encode_text(prompts.of_classes(classes), plan).pooled
        torch.testing.assert_close(part, whole[:, :, classes], rtol=0, atol=1e-12)
