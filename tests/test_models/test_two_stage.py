"""2SFS: a classifier for known classes, the adapted text tower for others."""

from __future__ import annotations

import copy

import pytest
import torch
from helpers_models import NAMES, batch, build_method, stir

from vamp_mm.models.prompters.two_stage import class_keys
from vamp_mm.structures import Vocabulary
from vamp_mm.weight_files import check_state_dict

PROMPTER = dict(
    type='TwoStagePrompter',
    adapter=dict(type='TunedWeights', vision=['*.ln_[12].*'], text=['*.ln_[12].*']),
)
HEAD = dict(type='PromptClsHead')


@pytest.fixture
def model(small):
    model = build_method(small, PROMPTER, HEAD)
    stir(model)
    model.eval()
    model.prompter.enter_stage(2, model.text_features()[0, 0])
    return model


def test_the_classifier_starts_at_the_text_features(small, model):
    first = build_method(small, PROMPTER, HEAD)
    stir(first)
    images, _ = batch(2)
    with torch.no_grad():
        torch.testing.assert_close(
            model.eval()(images, mode='tensor'),
            first.eval()(images, mode='tensor'),
            rtol=0,
            atol=1e-9,
        )


@torch.no_grad()
def test_known_names_are_answered_by_their_rows_and_others_by_the_text_tower(model):
    images, _ = batch(2)
    encoded = model.text_features()[0, 0].clone()
    model.prompter.classifier.copy_(torch.randn(5, 40, generator=torch.Generator().manual_seed(5)))
    rows = torch.nn.functional.normalize(model.prompter.classifier, dim=-1)
    names = ('bus', NAMES[3].upper(), 'red car', NAMES[0])  # capitals make no other prompt
    model.set_vocabulary(Vocabulary(names, seen=False))
    text = model.eval().text_features()[0, 0]
    torch.testing.assert_close(text[[1, 3]], rows[[3, 0]], rtol=0, atol=1e-12)
    model.prompter.stage.fill_(1)
    plain = model.eval().text_features()[0, 0]
    torch.testing.assert_close(text[[0, 2]], plain[[0, 2]], rtol=0, atol=1e-10)
    model.prompter.stage.fill_(2)
    assert model.eval()(images, mode='tensor').shape == (1, 2, 4)
    model.set_vocabulary(Vocabulary(('bus', 'red car')))  # none is known
    torch.testing.assert_close(
        model.eval().text_features()[0, 0], plain[[0, 2]], rtol=0, atol=1e-10
    )
    assert len(encoded) == 5


def test_a_checkpoint_of_the_second_stage_loads_into_a_model_that_knows_no_class(small, model):
    state = copy.deepcopy(model.state_dict())
    other = build_method(small, PROMPTER, HEAD, seed=9).eval()
    assert other.prompter.classifier.shape == (0, 40)
    check_state_dict(other, state)
    other.load_state_dict(state, strict=True)
    images, _ = batch(2)
    with torch.no_grad():
        # float64; products of one shape may be summed in another order
        torch.testing.assert_close(
            other(images, mode='tensor'), model(images, mode='tensor'), rtol=0, atol=1e-12
        )
    other.set_vocabulary(Vocabulary(tuple(reversed(NAMES))))
    with torch.no_grad():
        torch.testing.assert_close(
            other(images, mode='tensor').flip(-1), model(images, mode='tensor'), rtol=0, atol=1e-10
        )


def test_adapters_rest_in_the_second_stage(model):
    images, samples = batch()
    model.train()
    sum(
        value for key, value in model(images, samples, mode='loss').items() if 'loss' in key
    ).backward()
    got = {name for name, value in model.named_parameters() if value.grad is not None}
    assert got == {'prompter.classifier'}


def test_names_are_compared_as_the_text_tower_reads_them():
    one, two, three = class_keys(['Red_Fox', 'red  fox', 'fox'])
    assert one == two != three


def test_wrong_use_is_told_clearly(small, model):
    with pytest.raises(ValueError, match='starts in stage 1 and continues to 2'):
        model.prompter.enter_stage(3, torch.zeros(5, 40))
    fixed = build_method(small, {**PROMPTER, 'num_classes': 4}, HEAD)
    with pytest.raises(ValueError, match='num_classes=4, and the training set has 5 classes'):
        fixed.prompter.enter_stage(2, torch.zeros(5, 40))
