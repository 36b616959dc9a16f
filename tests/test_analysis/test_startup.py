"""The table of starting times: every command is timed, and of several rounds the median counts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vamp_mm.analysis.speed import startup


def test_every_command_has_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    commands = {
        'import torch': [sys.executable, '-c', 'import time; time.sleep(0.3)'],
        'quick': [sys.executable, '-c', 'print("dropped")'],
    }
    monkeypatch.setattr(startup, '_commands', lambda *_: commands)
    found = startup.benchmark_startup(rounds=3)
    assert list(found) == ['import torch', 'quick']
    assert found['import torch'] >= 0.3
    printed = capsys.readouterr().out
    assert 'dropped' not in printed
    assert f'{found["quick"] / found["import torch"]:.2f}' in printed


def test_the_median_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1.0, 5.0, 9.0, 2.0, 2.0, 4.0])
    monkeypatch.setattr(startup, '_commands', lambda *_: {'import torch': [], 'b': []})
    monkeypatch.setattr(startup, '_timed', lambda *_: (next(times), 2.0**20))
    # in turns: torch 1, 9, 2 and b 5, 2, 4
    assert startup.benchmark_startup(rounds=3) == {'import torch': 2.0, 'b': 4.0}


def test_a_report_is_timed_where_there_are_runs(tmp_path: Path) -> None:
    names = set(startup._commands(tmp_path / 'p.png', None, str(tmp_path)))
    assert set(startup._commands(tmp_path / 'p.png', tmp_path, str(tmp_path))) - names == {
        'vamp_mm report'
    }
