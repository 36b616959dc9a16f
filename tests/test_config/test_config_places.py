"""Values of a config by dotted key, and what a file itself sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import Config

from vamp_mm.config.places import keys_set_in, place_of, same, set_at, value_at
from vamp_mm.config.settings_table import DEFAULT


def _cfg() -> Config:
    return Config(
        dict(a=dict(b=1, c=None), hooks=[dict(type='x.One'), dict(type='Two', mean=3.0)], word='w')
    )


@pytest.mark.parametrize(
    ('key', 'place', 'value'),
    [
        ('a.b', ('a', 'b'), 1),
        ('a.c', ('a', 'c'), None),
        ('a.new', ('a', 'new'), DEFAULT),
        ('hooks[Two].mean', ('hooks', 1, 'mean'), 3.0),
        ('hooks[One].mean', ('hooks', 0, 'mean'), DEFAULT),
    ],
)
def test_places_and_their_values(key: str, place: tuple, value: object) -> None:
    assert place_of(_cfg(), key) == place
    assert value_at(_cfg(), place) == value


@pytest.mark.parametrize(
    'key', ['x.y', 'a.b.c', 'a.c.d', 'hooks[Three].mean', 'word[Two].mean', 'hooks.mean.x']
)
def test_parts_that_are_missing_have_no_place(key: str) -> None:
    assert place_of(_cfg(), key) is None


def test_default_removes_a_key_and_values_are_copied() -> None:
    cfg, value = _cfg(), dict(deep=[1])
    set_at(cfg, ('a', 'b'), DEFAULT)
    assert cfg.a == dict(c=None)
    set_at(cfg, ('a', 'b'), DEFAULT)  # once more is no error
    set_at(cfg, ('hooks', 1, 'mean'), value)
    value['deep'].append(2)
    assert cfg.hooks[1].mean == dict(deep=[1])


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_a_value_is_the_same_as_its_like_and_no_other(value: object) -> None:
    assert same(value, value)
    assert not same(value, [value, 'more'])
    if isinstance(value, list):
        assert same(value, tuple(value))


def test_a_bool_is_no_number() -> None:
    assert not same(True, 1)
    assert same(1, 1.0)


def test_keys_of_a_file_are_those_it_gives_a_value(tmp_path: Path) -> None:
    file = tmp_path / 'mine.py'
    file.write_text(
        "_base_ = ['x.py']\nrate = 0.1\nmodel = dict(head={'alpha': rate, 'losses': [dict(weight=2)]}, **extra)\n"
        "custom_hooks = [*_base_.custom_hooks, dict(type='Mine')]\n",
        'utf-8',
    )
    assert keys_set_in(file) == {'rate', 'model.head.alpha'}
    assert keys_set_in(tmp_path / 'mine.yaml') == set()
