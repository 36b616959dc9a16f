"""Blocks of a method on towers of another depth: the same share, half blocks not edited, shallow prompts stay shallow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vamp_mm.config.layer_shares import Depths, proposed_layers, share

B16 = Depths(12, 12)


@pytest.mark.parametrize(
    ('prompter', 'after', 'layers'),
    [
        # MMRL: blocks 5..11 of twelve are the last 7/12
        (
            dict(
                type='SharedPrompter',
                host=dict(type='RepresentationTokens', start=5, depth=7),
                start=5,
                depth=7,
            ),
            Depths(24, 12),
            {'host.start': 10, 'host.depth': 14},
        ),
        (
            dict(
                type='VariationalPrompter',
                host=dict(type='RepresentationTokens', start=5, depth=7),
                start=5,
                depth=7,
            ),
            Depths(6, 6),  # 2.5 of six: the half block is not edited
            {'host.start': 3, 'host.depth': 3, 'start': 3, 'depth': 3},
        ),
        # MaPLe: the towers are coupled block by block, so the smaller one counts
        (
            dict(type='SharedPrompter', host=dict(type='CoupledTokens', depth=9), start=0, depth=9),
            Depths(24, 12),
            {},
        ),
        (
            dict(type='SharedPrompter', host=dict(type='CoupledTokens', depth=9), start=0, depth=9),
            Depths(11, 6),
            {'host.depth': 4, 'depth': 4},
        ),
        # PromptSRC, IVLP, VPT
        (
            dict(type='DeepPrompter', vision_depth=9, text_depth=9),
            Depths(24, 12),
            {'vision_depth': 18},
        ),
        (
            dict(type='DeepPrompter', vision_depth=12, text_depth=12),
            Depths(32, 24),
            {'vision_depth': 32, 'text_depth': 24},
        ),
        (dict(type='DeepPrompter', vision_depth=1, text_depth=0), Depths(24, 24), {}),
        (dict(type='DeepPrompter'), Depths(24, 12), {'vision_depth': 18}),  # its default is 9
        # MMA, SkipT, TCP
        (
            dict(type='AdapterPrompter', adapter=dict(type='MultiModalAdapters', start=4, depth=8)),
            Depths(11, 6),
            {'adapter.start': 2, 'adapter.depth': 4},
        ),
        (
            dict(
                type='AdapterPrompter',
                adapter=dict(type='TunedWeights', vision_start=6, text_start=6),
            ),
            Depths(24, 6),
            {'adapter.vision_start': 12, 'adapter.text_start': 3},
        ),
        (
            dict(type='ContextPrompter', text_tokens=dict(type='ClassAwareTokens', layer=8)),
            Depths(24, 6),
            {'text_tokens.layer': 4},
        ),
        (dict(type='ContextPrompter'), Depths(0, 12), {}),
        (dict(type='DeepPrompter', vision_depth=9, text_depth=9), Depths(0, 6), {'text_depth': 4}),
    ],
)
def test_the_layers_of_each_kind(prompter: dict, after: Depths, layers: dict[str, int]) -> None:
    found = proposed_layers(dict(type='PromptedClassifier', prompter=prompter), B16, after)
    assert found == {f'model.prompter.{key}': value for key, value in layers.items()}


def test_the_same_depths_change_nothing() -> None:
    model = dict(prompter=dict(type='DeepPrompter', vision_depth=9, text_depth=9))
    assert proposed_layers(model, B16, Depths(12, 12)) == {}


@given(
    old=st.integers(1, 60),
    new=st.integers(1, 60),
    start=st.integers(0, 59),
    depth=st.integers(1, 60),
)
def test_blocks_exist_and_keep_their_share(old: int, new: int, start: int, depth: int) -> None:
    start = min(start, old - 1)
    depth = min(depth, old - start)
    part = dict(type='RepresentationTokens', start=start, depth=depth)
    found = proposed_layers({'host': part}, Depths(old, 1), Depths(new, 1))
    first, number = found.get('model.host.start', start), found.get('model.host.depth', depth)
    assert 0 <= first < new
    assert 1 <= number <= new - first
    if start or depth > 1:  # shallow prompts stay
        assert first >= (start * new / old) - 0.5 or first == new - 1
        assert number == 1 or number <= depth * new / old + 0.5 + 0.5


@pytest.mark.parametrize('boundary', range(13))
def test_twice_the_blocks_are_exact(boundary: int) -> None:
    assert share(boundary, 12, 24, up=True) == share(boundary, 12, 24, up=False) == 2 * boundary
