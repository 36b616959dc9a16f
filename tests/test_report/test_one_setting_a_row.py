"""A row of a table is the mean over seeds of one setting; runs of different settings have no mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers_report import pair, write

from vamp_mm.config.compose import compose
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.identity import config_hash, settings_hash
from vamp_mm.report import read_results

CONFIG = Path(__file__).parents[2] / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'


def _write(folder: Path, seed: int, settings: str | None, day: int = 1) -> Path:
    content = {'settings_hash': settings, 'finished': f'2026-01-0{day}T00:00:00+00:00'}
    return write(folder, pair(80, 60), content, seed=seed)


def test_seeds_of_different_settings_are_refused(tmp_path: Path) -> None:
    old, new = _write(tmp_path, 1, 'a'), _write(tmp_path, 2, 'b', day=2)
    with pytest.raises(
        ConfigError, match='differ in more than their seeds, so they have no mean'
    ) as error:
        read_results([tmp_path])
    assert str(old) in str(error.value)
    assert str(new) in str(error.value)
    notes: list[str] = []
    assert [item.path for item in read_results([tmp_path], newest=True, notes=notes)] == [str(new)]
    assert notes == [f'{old} is left out: {new} is newer and of other settings']


def test_seeds_of_one_setting_and_results_that_do_not_tell_are_rows(tmp_path: Path) -> None:
    for seed, settings in enumerate(('a', 'a', None), start=1):
        _write(tmp_path, seed, settings)
    assert len(read_results([tmp_path])) == 3


def test_the_hash_leaves_out_the_seed_alone() -> None:
    base = compose(CONFIG)
    other = compose(CONFIG, seed=7)
    assert config_hash(base) != config_hash(other)
    assert settings_hash(base) == settings_hash(other)
    for changes in (
        dict(shots=2),
        dict(template=['a {}.']),
        dict(overrides={'train_cfg.max_epochs': 3}),
    ):
        assert settings_hash(compose(CONFIG, **changes)) != settings_hash(base)
