"""A shortlist: exact for the classes on it, the posterior mean for the others, and fewer sentences."""

from __future__ import annotations

import helpers_models as helpers
import methods
import pytest
import torch

from vamp_mm.models import PromptedClassifier

ROWS = [row for row in methods.TRAINED if row.title in ('mmrl vamp', 'maple vamp')]


def _model(small, row: methods.Method, samples: int = 4) -> PromptedClassifier:
    prompter = {**row.prompter, 'test_samples': samples}
    model = helpers.build_method(small, prompter, row.head, **row.arguments)
    helpers.stir(model)
    return model.eval()


@torch.no_grad()
def _all_logits(model: PromptedClassifier, images: torch.Tensor) -> dict[str, torch.Tensor]:
    return dict(model.output(images).logits)


@pytest.mark.parametrize('row', ROWS, ids=methods.ids)
@pytest.mark.parametrize('shortlist', [1, 2, 4])
def test_classes_on_the_list_have_the_logits_of_all_samples(small, row, shortlist: int) -> None:
    images, _ = helpers.batch(3)
    model = _model(small, row)
    exact = _all_logits(model, images)
    model.prompter.test_samples = 0
    mean = _all_logits(model, images)
    model.prompter.test_samples, model.shortlist = 4, shortlist
    short = _all_logits(model, images)
    best = model.head.branch(mean, True)[0].topk(shortlist).indices
    on_list = torch.zeros(3, len(helpers.NAMES), dtype=torch.bool).scatter_(1, best, True)
    assert short.keys() == exact.keys()
    for name, logits in short.items():
        assert logits.shape == exact[name].shape == (4, 3, len(helpers.NAMES))
        expected = torch.where(on_list, exact[name], mean[name].expand_as(exact[name]))
        torch.testing.assert_close(logits, expected, rtol=0, atol=1e-10)
        assert float((expected - exact[name]).abs().max()) > 1e-6  # it is not exact
    model.shortlist = len(helpers.NAMES)
    for name, logits in _all_logits(model, images).items():
        assert torch.equal(logits, exact[name])


def test_templates_and_training_are_as_without(small) -> None:
    row = ROWS[0]
    images, samples = helpers.batch(2)
    losses = []
    for shortlist in (None, 2):
        model = _model(small, row).train()
        model.shortlist = shortlist
        losses.append(helpers.total_loss(model, images, samples))
    assert torch.equal(losses[0], losses[1])


def test_fewer_sentences_are_encoded(small, monkeypatch) -> None:
    """C classes once and K of them with each of S samples, for each image."""
    encoded = []
    encode = type(small).encode_text

    def counted(self, prompts, plan, *rest):
        out = encode(self, prompts, plan, *rest)
        encoded.append(out.pooled[..., 0].numel())
        return out

    monkeypatch.setattr(type(small), 'encode_text', counted)
    model, (images, _) = _model(small, ROWS[0]), helpers.batch(3)
    for shortlist, sentences in ((None, [4 * 3 * 5]), (2, [3 * 5, 4 * 2, 4 * 2, 4 * 2])):
        model.shortlist = shortlist
        encoded.clear()
        with torch.no_grad():
            model(images)
        assert encoded == sentences


@pytest.mark.parametrize('title', ['coop', 'mmrl deterministic', 'bpl conditional'])
def test_a_method_that_samples_no_text_for_an_image_refuses(small, title: str) -> None:
    row = next(row for row in methods.TRAINED if row.title == title)
    with pytest.raises(ValueError, match=r'shortlist=3 saves sentences .*allowed: VaMP with'):
        helpers.build_method(small, row.prompter, row.head, shortlist=3)
    with pytest.raises(ValueError, match='shortlist=3 saves'):
        helpers.build_method(
            small, {**ROWS[0].prompter, 'test_samples': 0}, ROWS[0].head, shortlist=3
        )
