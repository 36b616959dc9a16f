"""From nothing to base-to-novel numbers: zero-shot CLIP and VaMP on the embedded benchmark."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from rich.console import Console
from rich.table import Table

from vamp_mm.config.compose import compose
from vamp_mm.config.paths import configs_folder
from vamp_mm.datasets.icons import BenchmarkSpec, build_benchmark
from vamp_mm.engine.hooks.progress_hook import ProgressHook
from vamp_mm.evaluation import read_predictions
from vamp_mm.files import write_json
from vamp_mm.runs.environment import hardware, versions
from vamp_mm.runs.lock import held
from vamp_mm.visualization.figures import reliability_diagram, uncertainty_sheet

from .test import test
from .train import train

_METHODS = {'zero_shot': 'clip/zero_shot_icons.py', 'vamp': 'vamp/vamp_mmrl_icons.py'}
_TITLES = {'zero_shot': 'zero-shot CLIP', 'vamp': 'VaMP, 16 shots'}
_SUMMARY, _RELIABILITY, _SHEET = 'summary.json', 'reliability.png', 'uncertainty.png'
_DUMP = 'predictions.jsonl'
_LOCK = '.quickstart.lock'


def quickstart(
    work_dir: str | Path = 'work_dirs/quickstart',
    data: str | Path = 'data',
    seed: int = 1,
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build the icon benchmark, test zero-shot CLIP, train VaMP on the base classes, test base and novel.

    Prints a table and writes ``summary.json``, ``reliability.png`` and ``uncertainty.png``. The results of an
    earlier quickstart in this folder are replaced.

    Args:
        work_dir: Folder for the results.
        data: Folder of the data sets; the benchmark is built in ``<data>/icons`` and kept.
        seed: Seed of the training and of the few-shot subset.
        overrides: Dotted key -> value, for both configs.

    Returns:
        The content of ``summary.json``: for ``zero_shot`` and ``vamp`` each ``base``, ``novel`` and ``h`` (accuracy in
        percent) and ``ece`` (0 to 1, mean of both splits); ``seconds``, ``seed``, ``versions``, ``hardware``.
    """
    with held(work_dir, _LOCK):
        return _quickstart(Path(work_dir), data, seed, overrides)


def _quickstart(
    work_dir: Path, data: str | Path, seed: int, overrides: Mapping[str, Any] | None
) -> dict[str, Any]:
    start = time.perf_counter()
    console = Console(file=sys.stdout)  # writes to the screen also while MMEngine's log does not
    _clear(work_dir, console)
    console.print(
        f'Building the icon benchmark in {Path(data) / "icons"} (kept if it is there) ...'
    )
    root = build_benchmark(Path(data), BenchmarkSpec())
    summary: dict[str, Any] = {}
    for method, name in _METHODS.items():
        cfg = _config(name, work_dir / method, root, seed, overrides)
        hook = ProgressHook(_TITLES[method], console)
        with _log_in_file_only():
            metrics = test(cfg, None, [hook]) if method == 'zero_shot' else train(cfg, hooks=[hook])
        summary[method] = _numbers(metrics)
    records = [
        record
        for split in ('base', 'novel')
        for record in read_predictions(work_dir / 'vamp' / f'predictions_{split}.jsonl')
    ]
    reliability_diagram(
        [record['confidence'] for record in records],
        [record['gt_label'] == record['pred_label'] for record in records],
        work_dir / _RELIABILITY,
        title='VaMP on base and novel icons',
    )
    uncertainty_sheet(records, work_dir / _SHEET)
    summary |= {
        'seconds': time.perf_counter() - start,
        'seed': seed,
        'versions': versions(),
        'hardware': hardware(),
    }
    write_json(work_dir / _SUMMARY, summary)
    _report(summary, work_dir, console)
    return summary


def _clear(work_dir: Path, console: Console) -> None:
    """Remove what an earlier quickstart wrote, and nothing else."""
    old = [work_dir / name for name in (*_METHODS, _SUMMARY, _RELIABILITY, _SHEET)]
    old = [path for path in old if path.exists()]
    if old:
        console.print(f'Replacing the results of an earlier quickstart in {work_dir}')
    for path in old:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _config(
    name: str, work_dir: Path, root: Path, seed: int, overrides: Mapping[str, Any] | None
) -> Config:
    cfg = compose(configs_folder() / name, seed=seed, work_dir=str(work_dir), overrides=overrides)
    for loader in ('train_dataloader', 'test_dataloader'):
        cfg[loader]['dataset']['data_root'] = str(root)
    cfg.test_evaluator = [*cfg.test_evaluator, dict(type='PredictionDump', out_file=_DUMP)]
    return cfg


@contextlib.contextmanager
def _log_in_file_only() -> Iterator[None]:
    """Keep MMEngine's log off the screen; the log file in the work directory is complete."""
    with open(os.devnull, 'w', encoding='utf-8') as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def _numbers(metrics: Mapping[str, float]) -> dict[str, float]:
    return {
        'base': metrics['base/accuracy'],
        'novel': metrics['novel/accuracy'],
        'h': metrics['H'],
        'ece': (metrics['base/ece'] + metrics['novel/ece']) / 2,
        'base_ece': metrics['base/ece'],
        'novel_ece': metrics['novel/ece'],
    }


def _report(summary: Mapping[str, Any], work_dir: Path, console: Console) -> None:
    table = Table(title='Base-to-novel on the embedded icon benchmark (accuracy in %)')
    table.add_column('')
    for column in ('base', 'novel', 'H', 'ECE'):
        table.add_column(column, justify='right')
    for method, title in _TITLES.items():
        numbers = summary[method]
        table.add_row(
            title,
            *(f'{numbers[key]:.1f}' for key in ('base', 'novel', 'h')),
            f'{numbers["ece"]:.3f}',
        )
    console.print(table)
    console.print(
        'H is the harmonic mean of base and novel accuracy; ECE (0 to 1, lower is better) is the mean over both splits.'
    )
    console.print(
        f'Finished in {summary["seconds"]:.0f} s. Results in {work_dir}: {_SUMMARY} (these numbers), {_RELIABILITY} '
        f'(accuracy by confidence) and {_SHEET} (the most and the least certain icons).',
        soft_wrap=True,
    )
