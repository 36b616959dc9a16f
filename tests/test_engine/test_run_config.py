"""The config is formatted once, and an interruption stays an interruption."""

from __future__ import annotations

import copy

import pytest
from mmengine.config import Config
from mmengine.config import config as config_module
from toy_engine import toy_runner

from vamp_mm.engine.run_config import RunConfig


@pytest.fixture
def formatted(monkeypatch):
    """The texts that were given to the formatter."""
    texts, formatter = [], config_module.FormatCode
    monkeypatch.setattr(
        config_module, 'FormatCode', lambda text, **k: (texts.append(text), formatter(text, **k))[1]
    )
    return texts


def test_same_text_as_mmengine_made_once(formatted):
    cfg = Config({'a': {'b': [1, 2]}, 'c': 'x y'})
    run = RunConfig.of(cfg)
    assert run.pretty_text == cfg.pretty_text == "a = dict(b=[\n    1,\n    2,\n])\nc = 'x y'\n"
    copied = copy.deepcopy(run)
    assert copied.pretty_text == run.copy().pretty_text == RunConfig.of(run).pretty_text
    assert len(formatted) == 2  # one by each class


def test_a_changed_value_shows(formatted):
    run = RunConfig.of(Config({'a': {'b': 1}}))
    assert run.pretty_text == 'a = dict(b=1)\n'
    run.a.b = 2
    assert run.pretty_text == 'a = dict(b=2)\n'
    run.merge_from_dict({'a.b': 1})
    assert run.pretty_text == 'a = dict(b=1)\n'


@pytest.mark.parametrize('error', [KeyboardInterrupt, SystemExit])
def test_interruption_of_the_formatter(monkeypatch, error):
    def interrupted(text, **_):
        raise error

    monkeypatch.setattr(config_module, 'FormatCode', interrupted)
    with pytest.raises(SyntaxError, match='a=1'):  # what MMEngine makes of it
        Config({'a': 1}).pretty_text  # noqa: B018
    with pytest.raises(error):
        RunConfig.of(Config({'a': 1})).pretty_text  # noqa: B018


def test_what_no_formatter_reads_is_shown_as_it_is():
    assert RunConfig.of(Config({'a': object})).pretty_text == "a=<class 'object'>"


def test_checkpoints_do_not_format_again(tmp_path, formatted):
    runner = toy_runner(tmp_path)
    before = len(formatted)
    runner.train()
    assert len(list(tmp_path.glob('epoch_*.pth'))) == 4
    assert len(formatted) == before + 2  # MMEngine's own hook, and one that is kept
