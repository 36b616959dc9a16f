"""Learned context: where its tokens stand, what they start from, which classes they answer about."""

from __future__ import annotations

import pytest
import torch
from helpers_models import NAMES, batch, build_method, small_config, stir, write_clip

from vamp_mm.models import ContextPrompter, PromptedCLIPBackbone
from vamp_mm.structures import EMPTY_PLAN, PromptContext, Vocabulary

HEAD = dict(type='PromptClsHead')
TRICKY = ('cat', 'kite (bird of prey)', 'T-shirt', 'hot_dog')


def _sequence(small, **arguments) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings ``(C, L, W)`` that the tower sees, and the ids of the sentences."""
    torch.manual_seed(0)
    prompter = ContextPrompter(small, **arguments).double()
    prompter.bind(small, Vocabulary(names=TRICKY))
    plan = prompter(PromptContext())
    (edit,) = plan.text_tower.edits
    assert (edit.mode, edit.layer) == ('overwrite', -1)
    x = small.embed(plan.text.ids)
    tokens = edit.tokens[0, 0].expand(len(TRICKY), -1, -1)
    end = edit.start + tokens.shape[1]
    return torch.cat([x[:, : edit.start], tokens, x[:, end:]], dim=1), prompter.context.detach()


def _words(small, text: str) -> torch.Tensor:
    """Embeddings of the words of a text, without start and end."""
    prompts = small.tokenize([text])
    return small.embed(prompts.ids)[0, 1 : int(prompts.eot[0])]


@pytest.mark.parametrize('position', ['end', 'middle', 'front'])
@pytest.mark.parametrize('stop', ['merged', 'own'])
def test_the_sequence_by_hand(small, position, stop):
    given, context = _sequence(small, num_tokens=5, position=position, full_stop=stop)
    before = {'end': 5, 'middle': 2, 'front': 0}[position]
    start, end = small.embed(torch.tensor([49406, 49407]))
    for row, name in zip(given, TRICKY):
        name = name.replace('_', ' ')
        if stop == 'own' and position != 'end':
            tail, full_stop = _words(small, name), _words(small, '.')
        else:  # 'prey).' ends in one token, which takes the full stop along with the name
            both, length = _words(small, f'{name}.'), len(_words(small, name))
            tail, full_stop = both[:length], both[length:]
        expected = torch.cat(
            [start[None], context[:before], tail, context[before:], full_stop, end[None]]
        )
        torch.testing.assert_close(row[: len(expected)], expected, rtol=0, atol=0)
    merged = len(_words(small, 'kite (bird of prey).')) == len(_words(small, 'kite (bird of prey)'))
    assert merged  # else the case above would not differ


def test_each_class_has_a_context_of_its_own(small):
    given, context = _sequence(small, num_tokens=3, num_classes=4)
    assert context.shape == (4, 3, 48)
    for row, own in zip(given, context):
        assert torch.equal(row[1:4], own)
    started, words = _sequence(small, context='a photo of', num_classes=4)
    assert torch.equal(words, _words(small, 'a photo of').expand(4, -1, -1))
    with pytest.raises(ValueError, match='num_classes=4 classes cannot answer about 5 classes'):
        ContextPrompter(small, num_tokens=3, num_classes=4).bind(small, Vocabulary(names=NAMES))
    with pytest.raises(ValueError, match='that it was not trained on'):
        ContextPrompter(small, num_tokens=3, num_classes=4).bind(
            small, Vocabulary(names=TRICKY, seen=False)
        )


def test_words_to_start_from(small):
    words = _words(small, 'a photo of a')
    _, context = _sequence(small, context='a photo of a')
    assert torch.equal(context, words)
    _, longer = _sequence(small, context='a photo of a', num_tokens=6)  # ProGrad: zeros first
    assert torch.equal(longer, torch.cat([torch.zeros_like(words[:2]), words]))
    # the last two words stay
    given, shorter = _sequence(small, context='a photo of a', num_tokens=2)
    assert torch.equal(shorter, words[:2])
    assert torch.equal(given[0, 3:5], words[2:])
    # ProGrad's comma: eight words are nine tokens, of which the first eight are learned and the last stays
    given, context = _sequence(small, context='a type of pet, a photo of a')
    assert len(context) == 8
    assert torch.equal(given[0, 9:10], _words(small, 'a'))


def test_with_words_that_were_not_moved_it_is_zero_shot_clip(small):
    model = build_method(small, dict(type='ContextPrompter', context='a photo of a'), HEAD).eval()
    plain = build_method(small, dict(type='TemplatePrompter'), HEAD).eval()
    images, _ = batch(2)
    with torch.no_grad():
        torch.testing.assert_close(model(images), plain(images), rtol=0, atol=1e-10)


def test_the_template_follows_the_dataset(small):
    table = {'a photo of a {}, a type of pet.': '{}, a type of pet.'}
    prompter = ContextPrompter(small, num_tokens=2, by_template=table)
    for own, expected in (
        ('a photo of a {}, a type of pet.', 'X X cat, a type of pet.'),
        ('{} texture.', 'X X cat.'),
    ):
        assert prompter.sentences(Vocabulary(names=('cat',), templates=(own,))) == ((expected,),)


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(), 'num_tokens=0'),
    (dict(num_tokens=4, position='left'), "position='left' must be one of 'end', 'middle', 'front'"),
    (dict(num_tokens=4, full_stop='none'), "full_stop='none' must be one of 'merged', 'own'"),
    (dict(num_tokens=4, position='front', template='of {}.'), "position='front' needs the class name first"),
])  # fmt: skip
def test_wrong_arguments_are_told(small, arguments, message):
    with pytest.raises(ValueError, match=message):
        ContextPrompter(small, **arguments)


@pytest.mark.parametrize('row', ['end', 'middle', 'csc', 'image', 'class tokens'])
def test_the_fast_text_path_equals_the_textbook_in_outputs_and_gradients(small, row):
    arguments = {
        'end': {},
        'middle': dict(position='middle'),
        'csc': dict(num_classes=5),
        'image': dict(shift=dict(type='ImageShift', reduction=8)),
        'class tokens': dict(text_tokens=dict(type='ClassAwareTokens', num_tokens=4, layer=2)),
    }[row]
    model = build_method(small, dict(type='ContextPrompter', num_tokens=4, **arguments), HEAD)
    stir(model)
    images, _ = batch(2)
    known = model.teacher_text()
    plan = model.prompter(PromptContext(image=model.extract_frozen(images), text=known))
    values = [value for value in model.parameters() if value.requires_grad]
    results = []
    for textbook in (False, True):
        out = small.encode_text(plan.text, plan, textbook=textbook).pooled
        results.append((out, torch.autograd.grad(out.square().sum(), values, retain_graph=True)))
    (fast, grads), (slow, expected) = results
    torch.testing.assert_close(fast, slow, rtol=0, atol=1e-11)
    for given, value in zip(grads, expected):
        torch.testing.assert_close(given, value, rtol=0, atol=1e-9)


def test_a_text_tower_that_is_not_causal_and_reads_out_its_last_token(tmp_path):
    """As SigLIP's, which has 64 tokens and no mask."""
    config = small_config(text=dict(no_causal_mask=True, pool_type='last', context_length=24))
    clip = PromptedCLIPBackbone(**write_clip(tmp_path, config)).double()
    model = build_method(clip, dict(type='ContextPrompter', context='a photo of a'), HEAD).eval()
    images, samples = batch(2)
    plain = clip.encode_text(
        clip.tokenize([f'a photo of a {name}.'.replace('_', ' ') for name in NAMES]), EMPTY_PLAN
    )
    torch.testing.assert_close(
        model.text_features()[0, 0],
        torch.nn.functional.normalize(plain.pooled[0, 0], dim=-1),
        rtol=0,
        atol=1e-11,
    )
    loss = model.train()(images, samples, mode='loss')['loss_ce_class']
    assert float(torch.autograd.grad(loss, model.prompter.context)[0].abs().max()) > 1e-6
    given, context = _sequence(clip, num_tokens=2, position='front')
    for row, name in zip(given, TRICKY):
        words = clip.embed(clip.tokenize([f'{name}.'.replace('_', ' ')]).ids)[0, 1:]
        count = {'cat': 1, 'kite (bird of prey)': 6, 'T-shirt': 3, 'hot_dog': 2}[name]
        assert torch.equal(row[1 : 1 + count], words[:count])
        assert torch.equal(row[1 + count : 3 + count], context)
