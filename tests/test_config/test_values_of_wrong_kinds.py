"""A value of a wrong kind, written into a config file, ends in a sentence that names its key, whatever step meets it first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vamp_mm.config.compose import compose
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.validate import check_config
from vamp_mm.datasets import DataError

CONFIG = Path(__file__).parents[2] / 'configs' / 'coop' / 'coop_icons.py'
#: Every place that composing reads.
KEYS = (
    'train_dataloader',
    'train_dataloader.dataset',
    'train_dataloader.dataset.source',
    'train_dataloader.dataset.shots',
    'train_dataloader.dataset.pipeline',
    'train_dataloader.batch_size',
    'test_dataloader',
    'test_dataloader.dataset',
    'test_cfg',
    'test_cfg.splits',
    'train_cfg',
    'train_cfg.max_epochs',
    'model',
    'model.backbone',
    'model.backbone.arch',
    'model.prompter',
    'model.head',
    'randomness',
    'randomness.seed',
    'optim_wrapper',
    'param_scheduler',
    'custom_hooks',
    'run',
)


def _nested(dotted: str, value: Any) -> dict[str, Any]:
    first, _, rest = dotted.partition('.')
    return {first: _nested(rest, value) if rest else value}


@pytest.mark.parametrize('value', ["'16'", 'None', '-3.5', '[1]', 'True'], ids=str)
@pytest.mark.parametrize('key', KEYS)
@pytest.mark.parametrize(
    'options', [{}, dict(protocol='few-shot', shots=2, seed=3)], ids=['plain', 'options']
)
def test_it_is_explained(key: str, value: str, options: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / 'mine.py'
    text = repr(_nested(key, 'VALUE')).replace("'VALUE'", value)
    first, content = next(iter(eval(text).items()))
    file.write_text(f'_base_ = [{str(CONFIG)!r}]\n{first} = {content!r}\n')
    try:
        problems = check_config(compose(file, **options))
    except (ConfigError, DataError, FileNotFoundError) as error:
        problems = [str(error)]
    # what is allowed is allowed: no shots, another seed, no hooks ...
    assert all(isinstance(problem, str) and problem for problem in problems)
