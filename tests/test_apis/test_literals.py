"""Dicts on the command line are data."""

from __future__ import annotations

from pathlib import Path

import pytest

from vamp_mm.apis import ConfigError, compose
from vamp_mm.apis.literals import read_dicts


def test_dicts_are_read_wherever_they_stand() -> None:
    assert read_dicts("dict(type='A', n=-1, more=dict(x=[1.5, None, True]))") == dict(
        type='A', n=-1, more=dict(x=[1.5, None, True]))
    assert read_dicts(["dict(type='A')", 'word', 3]) == [dict(type='A'), 'word', 3]
    assert read_dicts(('dict()', ('dict(a=1)', ))) == ({}, (dict(a=1), ))
    for same in ('dictionary', 'a dict(x=1)', 0.5, None, 'dict', dict(type='A')):
        assert read_dicts(same) == same


@pytest.mark.parametrize('text', ["dict(type=LocalVisBackend)", "dict(a=__import__('os'))", 'dict(a=1) or dict(b=2)', 'dict(a=)',
                                  'dict(**dict(a=1))', 'dict(1)'])
def test_nothing_is_executed(text: str) -> None:
    with pytest.raises(ValueError, match='something else than plain values'):
        read_dicts(text)


def test_a_config_takes_them(toy_config: Path) -> None:
    hooks = ["dict(type='ThroughputHook')", "dict(type='FiniteLossHook')"]
    cfg = compose(toy_config, overrides={'custom_hooks': hooks})
    assert [hook.type for hook in cfg.custom_hooks] == ['ThroughputHook', 'FiniteLossHook']
    with pytest.raises(ConfigError, match="'custom_hooks' cannot be set.*words stand in quotes"):
        compose(toy_config, overrides={'custom_hooks': ['dict(type=ThroughputHook)']})
