"""The quickstart on a handful of icons: what it writes, and that it touches nothing else."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from vamp_mm.datasets.icons import BenchmarkSpec, build_benchmark

# The package exports a function of the same name as some of its modules.
module = import_module('vamp_mm.apis.quickstart')

QUICK = {
    'train_cfg.max_epochs': 1,
    'train_dataloader.num_workers': 0,
    'train_dataloader.persistent_workers': False,
    'test_dataloader.num_workers': 0,
    'train_dataloader.dataset.shots': 2,
}


def test_quickstart_writes_summary_and_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    small = BenchmarkSpec(classes=4, train=4, val=4, test=3)
    monkeypatch.setattr(module, 'build_benchmark', lambda out, _: build_benchmark(out, small))
    work_dir = tmp_path / 'quickstart'
    first = module.quickstart(work_dir, tmp_path / 'data', seed=2, overrides=QUICK)
    (work_dir / 'notes.txt').write_text('mine')
    second = module.quickstart(work_dir, tmp_path / 'data', seed=2, overrides=QUICK)

    summary = json.loads((work_dir / 'summary.json').read_text())
    assert summary == second
    for method in ('zero_shot', 'vamp'):
        numbers = summary[method]
        assert all(0 <= numbers[key] <= 100 for key in ('base', 'novel', 'h'))
        assert 0 <= numbers['ece'] <= 1
        assert first[method] == numbers  # the same seed gives the same run
    assert summary['seed'] == 2
    assert summary['seconds'] > 0
    assert {'python', 'torch', 'vamp_mm'} <= summary['versions'].keys()
    for name in ('reliability.png', 'uncertainty.png'):
        with Image.open(work_dir / name) as picture:
            assert min(picture.size) > 200
    assert (work_dir / 'notes.txt').read_text() == 'mine'
    out = capsys.readouterr().out
    assert 'Replacing the results of an earlier quickstart' in out
    assert 'zero-shot CLIP' in out
    for step in (
        'zero-shot CLIP: testing base',
        'zero-shot CLIP: testing novel',
        'VaMP, 16 shots: training',
        'VaMP, 16 shots: testing base',
        'VaMP, 16 shots: testing novel',
    ):
        assert step in out
    assert 'mmengine - INFO' not in out  # the log stands in its file


def test_clearing_removes_only_what_quickstart_writes(tmp_path: Path) -> None:
    (tmp_path / 'vamp').mkdir()
    (tmp_path / 'vamp' / 'epoch_1.pth').write_text('old')
    (tmp_path / 'summary.json').write_text('{}')
    (tmp_path / 'other').mkdir()
    module._clear(tmp_path, Console(quiet=True))
    assert [path.name for path in tmp_path.iterdir()] == ['other']
