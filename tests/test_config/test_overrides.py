"""``--cfg-options``: how it is typed, and what may stand where."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
import toy_apis
from mmengine.config import Config

from vamp_mm.apis import ConfigError, check_config, compose
from vamp_mm.config.key_values import add_overrides, read_key_values
from vamp_mm.config.overrides import apply_overrides

_CONFIG = dict(
    lr=0.1,
    epochs=3,
    words='a photo of a',
    on=True,
    sizes=(1, 5),
    names=['cat', 'dog'],
    hooks=[dict(type='A')],
    part=dict(a=1),
    source='caltech101',
    nothing=None,
    empty=[],
    pair=(1, 'a'),
)


def _parsed(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_overrides(parser, 'values', '--overrides')
    return parser.parse_args(words).overrides


def test_words_are_split_at_the_first_equals_sign() -> None:
    given = _parsed(
        '--cfg-options',
        'a.b=an icon of a, b = c',
        'n=1,2',
        'x=',
        '--overrides',
        "m={'a': 1, 'b': 2}",
    )
    assert given == {'a.b': 'an icon of a, b = c', 'n': (1, 2), 'x': '', 'm': {'a': 1, 'b': 2}}
    assert _parsed() is None


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['run/epoch_1.pth'], '\'run/epoch_1.pth\' has no "="; write KEY=VALUE'),
        (['=1'], 'has an empty part in its key'),
        (['a..b=1'], 'has an empty part in its key'),
        (['a=1', 'a=2'], "sets 'a' twice"),
        (['a={1}'], "'a' cannot be set: a set is not a value of a config; put the words in quotes"),
        (['a=' + '9' * 5000], "'a' cannot be set: the number has 5000 digits"),
    ],
)
def test_words_that_mean_nothing(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _parsed('--cfg-options', *words)
    assert message in str(caught.value)
    assert '\n' not in str(caught.value)


def test_options_given_twice_add_up_and_do_not_overwrite() -> None:
    assert _parsed('--cfg-options', 'a=1', '--cfg-options', 'b=2') == {'a': 1, 'b': 2}
    with pytest.raises(ConfigError, match="sets 'a' twice"):
        _parsed('--cfg-options', 'a=1', '--cfg-options', 'a=2')


def _set(word: str) -> Any:
    cfg = Config(dict(model=_CONFIG))
    apply_overrides(cfg, read_key_values([f'model.{word}']))
    return cfg.model[word.partition('=')[0]]


@pytest.mark.parametrize(
    ('word', 'value'),
    [
        ('lr=1', 1),
        ('epochs=2.5', 2.5),
        ('words=an icon, of a', 'an icon, of a'),
        ('words=none', 'none'),
        ("words='1'", '1'),
        ('words=None', None),
        ('on=False', False),
        ('on=0', 0),
        ('sizes=5', 5),
        ('sizes=[2, 3]', [2, 3]),
        ('names=bird', 'bird'),
        ("names=['a', 'b']", ['a', 'b']),
        ('hooks=[]', []),
        ("hooks=dict(type='B')", {'type': 'B'}),
        ('part=dict(b=2)', {'a': 1, 'b': 2}),
        ("part=dict(type='P')", {'type': 'P'}),
        ("source=dict(type='S')", {'type': 'S'}),
        ('nothing=a word', 'a word'),
        ('nothing=3', 3),
        ('lr=None', None),
        ('words=[odd', '[odd'),
        ('words=[odd]', '[odd]'),
    ],
)
def test_values_that_fit(word: str, value: Any) -> None:
    assert _set(word) == value


@pytest.mark.parametrize(
    ('word', 'message'),
    [
        ('epochs=ten', "'model.epochs' is 3, a number; it cannot become 'ten', a word"),
        ('epochs=True', 'is 3, a number; it cannot become True, True or False'),
        ('lr=1e-3.', "it cannot become '1e-3.', a word"),
        ('on=true', "is True, True or False; it cannot become 'true', a word; did you mean True?"),
        ('on=No', 'did you mean False?'),
        ('on=5', 'it cannot become 5, a number'),
        ('lr=none', 'did you mean None?'),
        (
            'nothing=null',
            "'model.nothing' is None; it cannot become the word 'null'; did you mean None?",
        ),
        (
            'nothing=[a, b]',
            'looks like a list or a dict that Python cannot read; its words need quotes',
        ),
        ('names=[a, b]', 'its words need quotes'),
        ('hooks=dict(type=B)', 'its words need quotes'),
        ('hooks=B', "a list is written [1, 2] or ['a', 'b']"),
        ('part=3', "is {'a': 1}, a dict; it cannot become 3, a number"),
        ('part=x', "a dict is written dict(type='X', n=1)"),
        (
            'words=1',
            """it cannot become 1, a number; if the text is meant, keep its quotes from the shell: model.words="'1'\"""",
        ),
        ('words=1,2', """model.words="'(1, 2)'\""""),
        ('words={}', 'it cannot become {}, a dict; if the text is meant'),
        ('names=3', "is ['cat', 'dog'], a list; it cannot become 3, a number"),
        ('lr.x=1', 'model.lr is 0.1, not a dict'),
        ('names.2=x', 'model.names is a list of 2 items; give an index below that'),
        ('names.²=x', 'give an index below that'),
        ('pair.0=3', 'it is in a tuple; set the whole tuple'),
        ('wrods=x', "has no key 'wrods'; did you mean 'words'?"),
    ],
)
def test_values_that_do_not_fit(word: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _set(word)
    assert message in str(caught.value)


def test_what_yaml_takes_for_a_word_is_explained() -> None:
    with pytest.raises(
        ConfigError,
        match=r'did you mean 0.001\? \(YAML takes 1e-3 for a word and 1.0e-3 for a number\)',
    ):
        apply_overrides(Config(dict(lr=0.1)), {'lr': '1e-3'})


def test_a_key_below_another_is_refused_whatever_the_order() -> None:
    for words in (['model={}', 'model.start=1'], ['model.start=1', 'model={}']):
        with pytest.raises(
            ConfigError,
            match="'model' and 'model.start' are both set, and the second is inside the first",
        ):
            _parsed('--cfg-options', *words)
    assert len(_parsed('--cfg-options', 'model.start=1', 'model.star=2', 'models=3')) == 3


def test_the_default_of_a_constructor_counts_as_what_stands_there(toy_config: Path) -> None:
    assert compose(toy_config, overrides={'model.width': 2}).model.width == 2
    with pytest.raises(
        ConfigError, match="'model.width' is 1, a number; it cannot become 'two', a word"
    ):
        compose(toy_config, overrides={'model.width': 'two'})


def test_a_config_takes_dicts(toy_config: Path) -> None:
    words = ["custom_hooks=[dict(type='ThroughputHook'), {'type': 'FiniteLossHook'}]"]
    cfg = compose(toy_config, overrides=read_key_values(words))
    assert [hook.type for hook in cfg.custom_hooks] == ['ThroughputHook', 'FiniteLossHook']
    with pytest.raises(ConfigError, match="'custom_hooks' is .*its words need quotes"):
        compose(toy_config, overrides=read_key_values(['custom_hooks=[dict(type=ThroughputHook)]']))


def test_printed_configs_keep_the_value(tmp_path: Path) -> None:
    text = """ an "icon", of {} = it's [a] # , \\ 写真"""
    cfg = compose(toy_apis.write_config(tmp_path), overrides=read_key_values([f'work_dir={text}']))
    (tmp_path / 'again.py').write_text(cfg.pretty_text, encoding='utf-8')
    assert Config.fromfile(tmp_path / 'again.py').work_dir == text


def test_keys_that_mmengine_takes_beside_those_of_constructors() -> None:
    cfg = Config.fromfile(Path(__file__).parents[2] / 'configs' / 'coop' / 'coop_icons.py')
    apply_overrides(
        cfg,
        {
            'randomness.deterministic': True,
            'optim_wrapper.paramwise_cfg': dict(norm_decay_mult=0.0),
        },
    )
    assert cfg.randomness == dict(seed=1, deterministic=True)
    assert cfg.optim_wrapper.paramwise_cfg == dict(norm_decay_mult=0.0)
    assert check_config(cfg) == []
    with pytest.raises(
        ConfigError, match=r"randomness has no key 'deterministc'; did you mean 'deterministic'"
    ):
        apply_overrides(cfg, {'randomness.deterministc': True})
