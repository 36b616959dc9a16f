"""The configs of the published protocols, as they arrive after inheriting: what the tables in ``configs/*/README.md`` say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from vamp_mm.apis import check_config
from vamp_mm.config.compose import compose
from vamp_mm.config.methods import config_of

ROOT = Path(__file__).parents[2]
_ALL = 'few-shot', 'caltech101'
_TRANSFER = 'cross-dataset', None
_HALVES = 'base-to-novel', 'imagenet'

#: Method, (protocol, dataset), and what the originals publish for it: batch, epochs, optimizer, rate, further keys.
PUBLISHED: list[tuple[str, tuple[str, str | None], int, int, str, float, dict[str, Any]]] = [
    (
        'coop',
        _ALL,
        32,
        200,
        'SGD',
        2e-3,
        {'model.prompter.num_tokens': 16, 'model.prompter.context': None},
    ),
    ('coop', _HALVES, 32, 50, 'SGD', 2e-3, {'model.prompter.context': 'a photo of a'}),
    ('coop', _TRANSFER, 32, 50, 'SGD', 2e-3, {'model.prompter.context': 'a photo of a'}),
    ('cocoop', _HALVES, 1, 10, 'SGD', 2e-3, {}),
    ('cocoop', _TRANSFER, 1, 10, 'SGD', 2e-3, {}),
    (
        'kgcoop',
        _ALL,
        128,
        100,
        'SGD',
        2e-3,
        {'param_scheduler.power': 2.0, 'model.head.losses.1.weight': 8.0},
    ),
    ('kgcoop', _HALVES, 128, 100, 'SGD', 2e-3, {'param_scheduler.power': 2.0}),
    (
        'prograd',
        _ALL,
        32,
        200,
        'SGD',
        2e-3,
        {'optim_wrapper.type': 'ProjectedGradientOptimWrapper'},
    ),
    (
        'prograd',
        _HALVES,
        32,
        50,
        'SGD',
        2e-3,
        {'optim_wrapper.strength': 1.0, 'model.prompter.num_tokens': 16},
    ),
    (
        'bpl',
        _HALVES,
        1,
        10,
        'SGD',
        2e-3,
        {'model.prompter.shift.train_samples': 10, 'model.prompter.shift.test_samples': 10},
    ),
    (
        'bpl',
        _TRANSFER,
        1,
        10,
        'SGD',
        2e-3,
        {'model.prompter.shift.train_samples': 10, 'model.prompter.shift.test_samples': 10},
    ),
    ('tcp', _HALVES, 32, 25, 'Adam', 2e-3, {'optim_wrapper.optimizer.eps': 1e-3}),
    (
        'vpt',
        _HALVES,
        4,
        5,
        'SGD',
        2.5e-3,
        {'model.prompter.vision_tokens': 8, 'model.prompter.vision_depth': 12},
    ),
    (
        'vpt',
        _TRANSFER,
        4,
        5,
        'SGD',
        2.5e-3,
        {'model.prompter.vision_tokens': 8, 'model.prompter.vision_depth': 12},
    ),
    (
        'ivlp',
        _HALVES,
        4,
        5,
        'SGD',
        3.5e-3,
        {'model.prompter.text_tokens': 2, 'model.prompter.vision_depth': 12},
    ),
    (
        'ivlp',
        _TRANSFER,
        4,
        5,
        'SGD',
        3.5e-3,
        {'model.prompter.text_tokens': 2, 'model.prompter.vision_depth': 12},
    ),
    (
        'language_prompting',
        _HALVES,
        4,
        5,
        'SGD',
        2.5e-3,
        {'model.prompter.text_tokens': 4, 'model.prompter.vision_depth': 0},
    ),
    (
        'language_prompting',
        _TRANSFER,
        4,
        5,
        'SGD',
        2.5e-3,
        {'model.prompter.text_tokens': 4, 'model.prompter.vision_depth': 0},
    ),
    ('mma', _HALVES, 128, 5, 'SGD', 1.5e-3, {'param_scheduler.warmup_epochs': 0}),
    (
        'twosfs',
        _ALL,
        32,
        4800,
        'AdamW',
        2e-4,
        {'optim_wrapper.optimizer.weight_decay': 0.01, 'param_scheduler.shares': (0.6, 0.4)},
    ),
    ('twosfs', _HALVES, 32, 4800, 'AdamW', 2e-4, {'param_scheduler.eta_min': 1e-6}),
]


def _at(node: Any, place: str) -> Any:
    for part in place.split('.'):
        node = node[int(part)] if part.isdigit() else node[part]
    return tuple(node) if isinstance(node, list) else node


@pytest.mark.parametrize(
    ('method', 'run', 'batch', 'length', 'optimizer', 'rate', 'more'),
    PUBLISHED,
    ids=[f'{row[0]}-{row[1][0]}' for row in PUBLISHED],
)
def test_settings_are_the_published_ones(method, run, batch, length, optimizer, rate, more):
    protocol, dataset = run
    file = config_of(method, dataset, protocol)
    assert file.stem.endswith(
        {'few-shot': '_few_shot', 'cross-dataset': '_cross_dataset', 'base-to-novel': '_imagenet'}[
            protocol
        ]
    )
    cfg = compose(file, protocol=protocol)
    assert check_config(cfg) == []
    data = cfg.train_dataloader.dataset
    assert (cfg.train_dataloader.batch_size, data.shots) == (batch, 16)
    assert data.source == (dataset or 'imagenet')
    assert data.class_split == ('base' if protocol == 'base-to-novel' else 'all')
    assert cfg.train_cfg.get('max_epochs', cfg.train_cfg.get('max_iters')) == length
    assert (cfg.optim_wrapper.optimizer.type, cfg.optim_wrapper.optimizer.lr) == (optimizer, rate)
    (crop,) = (step for step in data.pipeline if step['type'].endswith('RandomResizedCrop'))
    assert tuple(crop['scale']) == (0.08, 1.0)
    splits = set(cfg.test_cfg.splits)
    assert (
        splits == {'base', 'novel'}
        if protocol == 'base-to-novel'
        else len(splits) == (1 if protocol == 'few-shot' else 11)
    )
    assert {place: _at(cfg, place) for place in more} == more


def test_every_config_is_told_of_in_the_readme_beside_it():
    missing = []
    for readme in sorted((ROOT / 'configs').glob('*/README.md')):
        text = readme.read_text(encoding='utf-8')
        named = set(re.findall(r'[\w.-]+\.py', text))
        missing += [
            path.name
            for path in readme.parent.glob('*.py')
            if path.name not in named and not path.stem.endswith('_icons')
        ]
    assert missing == []
