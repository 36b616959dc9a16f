"""One table of protocols, and guesses where a config or an old result names none."""

from __future__ import annotations

import pytest

from vamp_mm.config.paths import configs_folder
from vamp_mm.evaluation.protocol_guess import protocol_of_metrics, protocol_of_splits
from vamp_mm.evaluation.protocol_table import DEFAULT_PROTOCOL, PROTOCOLS, TRANSFER, spelled


def test_the_table_has_a_row_for_every_protocol_file_and_no_other() -> None:
    files = (configs_folder() / '_base_' / 'protocols').glob('*.py')
    assert {spelled(str(file)) for file in files} == set(PROTOCOLS)


def test_settings_lead_to_the_default_protocol_from_everywhere() -> None:
    for name in PROTOCOLS:
        steps = [name]
        while other := PROTOCOLS[steps[-1]].settings_of:
            steps.append(other)
            assert len(steps) <= len(PROTOCOLS)
        assert steps[-1] == DEFAULT_PROTOCOL


def test_halves_are_averaged_harmonically_and_the_rest_is_an_accuracy() -> None:
    assert {name: item.summary for name, item in PROTOCOLS.items()} == {
        'base-to-novel': 'H',
        'few-shot': 'accuracy',
        'cross-dataset': 'accuracy',
        'domain-generalization': 'accuracy',
        'open': 'H',
    }
    assert TRANSFER == ('cross-dataset', 'domain-generalization')


@pytest.mark.parametrize(
    ('splits', 'protocol'),
    [
        (('base', 'novel'), 'base-to-novel'),
        (('all',), 'few-shot'),
        (('open',), 'open'),
        (('imagenet/all', 'dtd/all'), 'cross-dataset'),
        (('imagenet/all', 'imagenet_a/all', 'imagenet_r/all'), 'domain-generalization'),
        (('left', 'right'), None),
        ((), None),
    ],
)
def test_a_test_loop_is_told_by_its_splits(splits: tuple[str, ...], protocol: str | None) -> None:
    test_cfg = dict(splits={name: {} for name in splits}, trained_on='imagenet')
    assert protocol_of_splits(test_cfg) == protocol
    test_cfg['splits']['photos'] = dict(outside='base')  # OOD images change no protocol
    assert protocol_of_splits(test_cfg) == protocol


@pytest.mark.parametrize(
    ('named', 'metrics', 'protocol'),
    [
        (None, ['base/accuracy', 'novel/accuracy', 'H'], 'base-to-novel'),
        (None, ['open/base_accuracy', 'open/novel_accuracy'], 'open'),
        (None, ['all/accuracy'], 'few-shot'),
        (None, ['dtd/all/accuracy', 'average/all/accuracy'], 'cross-dataset'),
        ('domain-generalization', ['imagenet_a/all/accuracy'], 'domain-generalization'),
        ('domain_generalization', ['imagenet_a/all/accuracy'], 'domain-generalization'),
        # what the result names counts only where it has the metrics
        ('few-shot', ['base/accuracy', 'novel/accuracy'], 'base-to-novel'),
        ('few-shot', ['base/accuracy', 'novel/accuracy', 'all/accuracy'], 'few-shot'),
        ('mine', ['all/accuracy'], 'few-shot'),
        (None, ['left/accuracy'], 'other'),
    ],
)
def test_a_result_belongs_to_the_protocol_that_it_names_or_measured(
    named: str | None, metrics: list[str], protocol: str
) -> None:
    assert protocol_of_metrics(named, dict.fromkeys(metrics, 50.0)) == protocol
