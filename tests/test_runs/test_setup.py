"""What a result file says of the CLIP, the data and changed settings, and the report's lines about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vamp_mm.config.compose import compose
from vamp_mm.report.html.summary import summary
from vamp_mm.report.results import Result
from vamp_mm.runs.setup import setup_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ('overrides', 'clip', 'changed'),
    [
        ({}, 'ViT-B-16, openai', []),
        (
            {'train_cfg.max_epochs': 3, 'model.backbone.pretrained': None},
            'ViT-B-16, random weights',
            ['train_cfg.max_epochs = 3: --cfg-options (published: 200)'],
        ),
    ],
)
def test_it_names_what_the_numbers_depend_on(
    overrides: dict, clip: str, changed: list[str]
) -> None:
    config = ROOT / 'configs' / 'coop' / 'coop_vit-b16_caltech101.py'
    cfg = compose(config, dataset='dtd', overrides=overrides)
    assert setup_of(cfg) == {'clip': clip, 'data': 'data/dtd', 'changed': changed}


def _result(method: str, content: dict) -> Result:
    return Result('r', method, method, 'dtd', 'base-to-novel', 16, 1, {}, content)


def test_the_report_names_it_once_for_all_runs_and_apart_where_they_differ() -> None:
    same = dict(clip='ViT-B-16, openai', data='data/dtd', changed=[])
    short = {
        **same,
        'data': '/mine',
        'changed': ['train_cfg.max_epochs = 3: --cfg-options (published: 50)'],
    }
    found = summary(
        [
            _result('coop', dict(setup=same, epochs=200)),
            _result('coop', dict(setup=same, epochs=50)),
            _result('mmrl', dict(setup=short, epochs=3)),
        ]
    )
    assert found['CLIP'] == ['ViT-B-16, openai']
    assert found['Data'] == ['/mine (1 run)', 'data/dtd (2 runs)']
    assert found['Epochs'] == ['coop: 50, 200', 'mmrl: 3']
    assert found['Settings that are not the published ones'] == [f'mmrl: {short["changed"][0]}']
    assert summary([_result('old', {})])['CLIP'] == ['unknown']
