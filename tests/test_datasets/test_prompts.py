"""Prompt ensembles by name."""

from __future__ import annotations

from vamp_mm.datasets import FewShotDataset
from vamp_mm.datasets.prompts import resolve_templates


def test_clips_ensembles_for_imagenet() -> None:
    eighty, seven = resolve_templates('openai-80'), resolve_templates('openai-7')
    assert (len(set(eighty)), len(set(seven))) == (80, 7)
    assert eighty[0] == 'a bad photo of a {}.'
    # where the seven stand among the eighty, as published
    assert [eighty.index(sentence) for sentence in seven] == [73, 7, 44, 69, 35, 67, 64]


def test_other_strings_are_sentences() -> None:
    assert resolve_templates('{} texture.') == ('{} texture.',)
    assert resolve_templates(['a {}.', 'the {}.']) == ('a {}.', 'the {}.')


def test_a_dataset_takes_a_set_by_name(arguments: dict) -> None:
    assert len(FewShotDataset(templates='openai-7', **arguments).metainfo['templates']) == 7
