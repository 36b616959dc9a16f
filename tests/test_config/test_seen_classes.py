"""A test that calls classes seen is of classes that were trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from vamp_mm.config.compose import compose
from vamp_mm.config.validate import check_config

CONFIGS = Path(__file__).parents[2] / 'configs'
KEY = 'train_dataloader.dataset.class_split'


@pytest.mark.parametrize(('trained', 'problems'), [('base', 0), ('all', 0), ('novel', 1)])
def test_training_on_the_other_half_is_refused(trained: str, problems: int) -> None:
    cfg = compose(CONFIGS / 'coop' / 'coop_icons.py', overrides={KEY: trained})
    found = check_config(cfg)
    assert len(found) == problems
    if found:
        assert found[0] == (
            "test_cfg.splits.base has seen=True for class_split='base', and "
            "train_dataloader.dataset.class_split='novel' trains on other classes: set seen=False, or train on the classes "
            'that are tested as seen'
        )


@pytest.mark.parametrize('protocol', ['few-shot', 'open', 'cross-dataset', 'domain-generalization'])
def test_protocols_are_not_refused(protocol: str) -> None:
    cfg = compose(
        CONFIGS / 'coop' / 'coop_vit-b16_imagenet.py', dataset='imagenet', protocol=protocol
    )
    assert check_config(cfg) == []


@pytest.mark.parametrize('value', [None, 3, 'coop'])
def test_a_model_that_is_no_dict_is_one_sentence(value: object) -> None:
    cfg = compose(CONFIGS / 'coop' / 'coop_icons.py')
    cfg.model = value
    assert any('model' in problem and 'dict' in problem for problem in check_config(cfg))
