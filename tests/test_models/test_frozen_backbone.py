"""Frozen, always in evaluation mode, outside checkpoints; and how sentences become tokens."""

from __future__ import annotations

import copy
import pickle

import helpers_models as helpers
import pytest
import torch

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.structures import PromptPlan, TokenEdit, TowerPlan


def test_nothing_is_trainable_and_nothing_wakes(tmp_path):
    # drops half the patches in training mode
    config = helpers.small_config(vision=dict(patch_dropout=0.5))
    backbone = PromptedCLIPBackbone(**helpers.write_clip(tmp_path, config))
    assert not any(parameter.requires_grad for parameter in backbone.parameters())
    images = torch.randn(2, 3, 32, 32)
    before = backbone(images)[0]
    assert backbone.train() is backbone
    torch.nn.ModuleList([backbone]).train()
    assert not any(module.training for module in backbone.modules())
    torch.testing.assert_close(backbone(images)[0], before, rtol=0, atol=0)


def test_prompts_get_gradients_through_the_frozen_towers(small):
    tokens = torch.randn(1, 1, 3, 64, dtype=torch.float64, requires_grad=True)
    plan = PromptPlan(vision_tower=TowerPlan((TokenEdit(1, 1, 'insert', tokens),)))
    small.encode_image(torch.randn(2, 3, 32, 32).double(), plan).pooled.square().sum().backward()
    assert float(tokens.grad.abs().min()) > 0
    assert all(parameter.grad is None for parameter in small.parameters())


def test_state_dict_is_empty_and_loads_strictly(small):
    assert small.state_dict() == {}
    result = small.load_state_dict({}, strict=True)
    assert result.missing_keys == result.unexpected_keys == []
    wrapped = torch.nn.Sequential(small, torch.nn.Linear(2, 2))
    assert sorted(wrapped.state_dict()) == ['1.bias', '1.weight']
    wrapped.load_state_dict(wrapped.state_dict(), strict=True)
    with pytest.raises(RuntimeError, match='1.bias'):
        wrapped.load_state_dict({'1.weight': torch.zeros(2, 2)}, strict=True)


def test_unfrozen_parameters_are_saved(small_files):
    backbone = PromptedCLIPBackbone(**small_files)
    backbone.text.ln_final.requires_grad_(True)
    assert sorted(backbone.state_dict()) == ['text.ln_final.bias', 'text.ln_final.weight']
    with pytest.raises(RuntimeError, match='text.ln_final'):
        backbone.load_state_dict({}, strict=True)


def test_copies_and_pickles_compute_the_same(small):
    images = torch.randn(2, 3, 32, 32).double()
    prompts = small.tokenize(['a photo of a cat.'])
    expected = small(images)[0], small.encode_text(prompts).pooled
    for other in (copy.deepcopy(small), pickle.loads(pickle.dumps(small))):
        assert all(a is not b for a, b in zip(small.parameters(), other.parameters(), strict=True))
        torch.testing.assert_close(other(images)[0], expected[0], rtol=0, atol=0)
        torch.testing.assert_close(other.encode_text(prompts).pooled, expected[1], rtol=0, atol=0)
        with torch.no_grad():  # the copy runs its own weights, not those of the original
            other.vision.visual.proj.zero_()
            other.text.text_projection.zero_()
        assert float(other(images)[0].abs().max()) == 0
        assert float(other.encode_text(prompts).pooled.abs().max()) == 0
        assert float(small(images)[0].abs().max()) > 0


def test_prompts_are_cut_at_the_last_end_of_text_token(small):
    prompts = small.tokenize(['a photo of a cat.', 'a photo of a zebra crossing sign.'])
    # start, five words and a full stop, end | start, seven words and a full stop, end
    assert prompts.eot.tolist() == [7, 9]
    assert prompts.ids.shape == (2, 10)
    assert prompts.ids[0, 0] == 49406
    assert prompts.ids[0, 7] == prompts.ids[1, 9] == 49407


def test_the_common_prefix_holds_what_all_sentences_begin_with(small):
    assert small.tokenize(['a photo of a cat.', 'a photo of a dog.']).prefix == 5
    assert small.tokenize(['a photo of a cat.', 'a photo of the dog.']).prefix == 4
    assert small.tokenize(['cat', 'dog']).prefix == 1
    # names that begin alike lengthen it, and it never reaches an end-of-text token
    assert small.tokenize(['a photo of a red car', 'a photo of a red bus']).prefix == 6
    one = small.tokenize(['a photo of a cat.'])
    assert one.prefix == int(one.eot) == 7
    nested = small.tokenize(['a photo of a', 'a photo of a cat'])
    assert nested.prefix == int(nested.eot.min()) == 5


def test_a_tower_that_looks_ahead_is_never_cut(tmp_path):
    config = helpers.small_config(
        custom_text=True, text=dict(no_causal_mask=True, pool_type='last', context_length=16)
    )
    backbone = PromptedCLIPBackbone(helpers.write_arch(tmp_path, config))
    prompts = backbone.tokenize(['a cat', 'a dog'])
    assert prompts.ids.shape == (2, 16)
    assert prompts.eot.tolist() == [15, 15]
    assert prompts.prefix == 0


def test_a_sentence_longer_than_the_context_is_an_error(small):
    words = ' '.join(['cat'] * 75)
    assert small.tokenize([words]).ids.shape == (1, 77)
    with pytest.raises(ValueError, match=r'needs 78 tokens, the text tower takes 77'):
        small.tokenize(['dog', words + ' cat'])


@pytest.mark.parametrize('name', ['<end_of_text> cat', 'cat <start_of_text>'])
def test_a_name_that_spells_an_end_token_is_an_error(small, name):
    with pytest.raises(ValueError, match='start or end token'):
        small.tokenize(['a dog', f'a {name}'])


def test_embeddings_are_those_of_the_tower(small):
    ids = torch.tensor([[5, 7], [1, 2]])
    assert small.embed(ids).shape == (2, 2, 48)
    torch.testing.assert_close(small.embed(ids)[1, 0], small.text.token_embedding.weight[1])
