"""Nearest words: of contexts that are words, and who has contexts."""

from __future__ import annotations

import helpers_models as helpers
import methods
import pytest
import torch

from vamp_mm.analysis.words import nearest
from vamp_mm.models import PromptedCLIPBackbone

WIDTH = helpers.SMALL['text_cfg']['width']
#: Rows of the method table that learn tokens among the word embeddings -> (how many contexts, tokens of each).
CONTEXTS = {
    'coop': (1, 4), 'coop middle': (1, 5), 'coop front': (1, 4), 'coop csc': (5, 3), 'cocoop': (1, 4), 'kgcoop': (1, 4),
    'prograd': (1, 6), 'tcp': (1, 4), 'bpl': (2, 4), 'bpl conditional': (1, 4), 'proda': (8, 3), 'maple': (1, 2),
    'maple shared': (1, 2), 'maple deterministic': (1, 2), 'maple standard prior': (1, 2), 'maple vamp': (1, 2),
    'language prompting': (1, 4), 'ivlp': (1, 2), 'promptsrc': (1, 2)}  # fmt: skip


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> PromptedCLIPBackbone:
    return PromptedCLIPBackbone(**helpers.write_clip(tmp_path_factory.mktemp('clip')))


def test_a_context_of_words_is_these_words_at_distance_zero(clip: PromptedCLIPBackbone) -> None:
    ids = clip.tokenize(['seven small dogs']).ids[0, 1:4]
    with torch.no_grad():
        tokens = clip.embed(ids).clone()
        tokens[1] += 0.01 / WIDTH**0.5  # a step of length 0.01
    found, far = nearest(tokens, clip.text.token_embedding.weight, 3)
    assert clip.readable_tokens(found[:, 0].tolist()) == ['seven', 'small', 'dogs']
    assert far[0, 0] == far[2, 0] == 0.0
    # float32 differences of numbers about 1
    assert float(far[1, 0]) == pytest.approx(0.01, rel=1e-4)
    exact = (clip.text.token_embedding.weight.double() - tokens[2].double()).norm(dim=-1).sort()
    assert found[2].tolist() == exact.indices[:3].tolist()
    torch.testing.assert_close(far[2].double(), exact.values[:3], rtol=1e-5, atol=1e-7)


def test_of_equal_distances_the_lower_id_is_first() -> None:
    table = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 1.0]])
    found, far = nearest(torch.zeros(1, 2), table, 4)
    assert found.tolist() == [[2, 0, 1, 3]]
    assert far.tolist() == [[0.0, 1.0, 1.0, 1.0]]


def test_tokens_are_readable(clip: PromptedCLIPBackbone) -> None:
    ids = clip.tokenize(['café, golden retrievers!']).ids[0].tolist()
    words = clip.readable_tokens(ids)
    assert words[0] == '<start_of_text>'
    assert words[-1] == '<end_of_text>'
    assert (
        ''.join(word[:-1] if word.endswith('-') else f'{word} ' for word in words[1:-1])
        == 'café , golden retrievers ! '
    )
    piece, whole = (
        clip._tokenizer._tokenizer.encoder['pho'],
        clip._tokenizer._tokenizer.encoder['photo</w>'],
    )
    byte = clip._tokenizer._tokenizer.encoder[clip._tokenizer._tokenizer.byte_encoder[0xE2]]
    assert clip.readable_tokens([piece, whole, byte, 60000]) == [
        'pho-',
        'photo',
        '<0xE2>-',
        '<id 60000>',
    ]


@pytest.mark.parametrize('row', methods.METHODS, ids=methods.ids)
def test_which_methods_have_contexts(clip: PromptedCLIPBackbone, row: methods.Method) -> None:
    model = helpers.build_method(clip, row.prompter, row.head, **row.arguments)
    found = model.prompter.word_tokens()
    number, length = CONTEXTS.get(row.title, (0, 0))
    assert len(found) == number
    assert {tuple(tokens.shape) for tokens in found.values()} <= {(length, WIDTH)}
    if row.title == 'coop csc':
        assert list(found) == list(helpers.NAMES)
    if row.title == 'bpl':  # the mean shift starts at 0; moved by 1 it moves every token
        with torch.no_grad():
            model.prompter.shift.mean.fill_(1.0)
        found = model.prompter.word_tokens()
        torch.testing.assert_close(found['context + mean shift'], found['context'] + 1)


def test_contexts_are_what_enters_at_the_embedding(clip: PromptedCLIPBackbone) -> None:
    for row in methods.METHODS:
        if row.title in ('coop', 'kgcoop', 'tcp', 'maple', 'ivlp', 'language prompting'):
            model = helpers.build_method(clip, row.prompter, row.head, **row.arguments).eval()
            plan = model.plan(torch.zeros(2, 3, 32, 32))
            [edit] = plan.text_tower.at(-1)
            torch.testing.assert_close(
                edit.tokens[0, 0, 0], model.prompter.word_tokens()['context'], rtol=0, atol=0
            )
