"""Class names and templates."""

import dataclasses

import pytest

from vamp_mm.structures import Vocabulary, all_seen


def test_sentences_are_grouped_by_template_and_show_underscores_as_blanks():
    vocabulary = Vocabulary(
        names=['cat', 'golden_retriever'], templates=('a photo of a {}.', 'art of {}')
    )
    assert vocabulary.sentences == (
        ('a photo of a cat.', 'a photo of a golden retriever.'),
        ('art of cat', 'art of golden retriever'),
    )
    assert len(vocabulary) == 2
    assert vocabulary.seen


def test_braces_in_a_name_stay_as_they_are():
    assert Vocabulary(names=('{0}',)).sentences == (('a photo of a {0}.',),)


@pytest.mark.parametrize(
    ('names', 'label'),
    [
        (('cat', 'cat'), r'\[0, 1\]'),
        (('dog', 'Golden_Retriever', 'golden  retriever'), r'\[1, 2\]'),
    ],
)
def test_names_that_look_the_same_to_the_text_tower_are_refused(names, label):
    with pytest.raises(ValueError, match=label):
        Vocabulary(names=names)


@pytest.mark.parametrize('names', [(), ('cat', ''), ('cat', '_'), ('cat', '  ')])
def test_empty_names_are_refused(names):
    with pytest.raises(ValueError, match='empty'):
        Vocabulary(names=names)


def test_a_string_instead_of_a_list_is_refused():
    with pytest.raises(TypeError, match=r"\('cat',\)"):
        Vocabulary(names='cat')
    with pytest.raises(TypeError, match='single string'):
        Vocabulary(names=('cat',), templates='a {}.')


def test_names_that_are_no_strings_are_refused():
    with pytest.raises(TypeError, match='3 of type int'):
        Vocabulary(names=('cat', 3))


@pytest.mark.parametrize('template', ['a photo', 'a {} of {}', ''])
def test_a_template_needs_exactly_one_place_for_the_name(template):
    with pytest.raises(ValueError, match='exactly one'):
        Vocabulary(names=('cat',), templates=(template,))


def test_a_vocabulary_is_frozen_and_comparable():
    vocabulary = Vocabulary(names=('cat',))
    assert vocabulary == Vocabulary(names=['cat'])
    with pytest.raises(dataclasses.FrozenInstanceError):
        vocabulary.seen = False


def test_known_homonyms_may_stand_for_several_labels():
    names = ('missile', 'tench', 'missile')
    vocabulary = Vocabulary(names=names, homonyms=['Missile'])
    assert vocabulary.sentences[0][0] == vocabulary.sentences[0][2]
    with pytest.raises(ValueError, match=r"'missile' stands for several labels \[0, 2\]"):
        Vocabulary(names=names, homonyms=('tench',))
    with pytest.raises(TypeError, match='single string'):
        Vocabulary(names=names, homonyms='missile')


def test_names_that_the_tokenizer_reads_alike_are_the_same_name() -> None:
    with pytest.raises(ValueError, match='stands for several'):
        Vocabulary(('a &amp; b', 'a & b'), ('a {}.',))


@pytest.mark.parametrize(
    ('names', 'trained', 'expected'),
    [
        (('cat', 'dog'), ('dog', 'cat', 'fox'), True),
        (('Hot_Dog', 'CAT'), ('hot dog', 'cat'), True),  # the same text
        (('cat', 'emu'), ('cat', 'dog'), False),
        (('cat', 'emu'), None, True),
        (('cat', 'emu'), (), True),
    ],
)
def test_classes_are_seen_if_all_of_them_were_trained_on(names, trained, expected):
    assert all_seen(names, trained) is expected
