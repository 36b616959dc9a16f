"""Loading in the process itself, whatever a config says of loading processes."""

from __future__ import annotations

from pathlib import Path

import toy_apis
from mmengine.config import Config

from vamp_mm import apis
from vamp_mm.apis import compose
from vamp_mm.engine.launch import settle_loaders

OF_WORKERS = 'dict(num_workers=0, persistent_workers=True, prefetch_factor=2, timeout=5)'


def test_without_workers_their_settings_mean_nothing(tmp_path: Path) -> None:
    file = toy_apis.write_config(
        tmp_path, f'train_dataloader.update({OF_WORKERS})\ntest_dataloader.update({OF_WORKERS})\n'
    )
    cfg = compose(file, work_dir=str(tmp_path / 'run'))
    trained = apis.train(cfg)
    assert set(trained) == {'toy/error'}
    assert cfg.train_dataloader.persistent_workers is True  # the caller's config is as it was
    again = apis.test(
        compose(file, work_dir=str(tmp_path / 'test')), str(tmp_path / 'run' / 'epoch_2.pth')
    )
    assert again == trained


def test_with_workers_they_stay() -> None:
    cfg = Config(
        dict(
            train_dataloader=dict(num_workers=2, persistent_workers=True),
            test_dataloader=dict(timeout=3),
        )
    )
    settle_loaders(cfg)
    assert cfg.train_dataloader == dict(num_workers=2, persistent_workers=True)
    assert cfg.test_dataloader == {}
