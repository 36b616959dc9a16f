"""The speed benchmark: what it counts is right, and every line of its table is there."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import helpers_models as helpers
import pytest
import torch

from vamp_mm.analysis.speed import METHODS, benchmark_speed
from vamp_mm.analysis.speed.recording import bare, kept_for_backward, matrix_products, peak_memory
from vamp_mm.analysis.speed.shapes import STEPS
from vamp_mm.analysis.speed.timing import Times, alternate

CPU = torch.device('cpu')


def test_products_of_a_linear_layer_forward_and_backward():
    layer, x = torch.nn.Linear(6, 4).requires_grad_(False), torch.randn(2, 5, 6, requires_grad=True)
    products = matrix_products(lambda: layer(x).sum().backward())
    # no weight gradient
    assert [(item.rows, *item.weight.shape) for item in products] == [(10, 6, 4), (10, 4, 6)]
    assert sum(item.flops for item in products) == 2 * 2 * 10 * 6 * 4
    again = matrix_products(bare(products))
    assert again == []  # written into given outputs
    bare(products)()


def test_memory_that_backward_needs_counts_every_storage_once_and_no_weight():
    layer, x = torch.nn.Linear(6, 4).requires_grad_(False), torch.randn(10, 4, requires_grad=True)

    def work() -> torch.Tensor:
        y = x.exp()  # kept once, though two read it
        return y.sigmoid() + y * y + (y @ layer.weight).sum()

    assert kept_for_backward(work, layer) == 2 * 10 * 4 * 4


def test_peak_memory_is_what_is_alive_at_once():

    def work() -> None:
        a = torch.zeros(1000)
        for _ in range(5):
            b = a + 1  # the one before is gone by the time of the next but one
        del b

    assert 2 * 4000 <= peak_memory(work, CPU) <= 3 * 4000


def test_contestants_take_turns():
    calls: list[str] = []
    times = alternate({name: lambda name=name: calls.append(name) for name in 'ab'}, 3, CPU)
    assert calls == list('abababab')
    assert len(times['a'].seconds) == 3
    assert Times((2.0, 4.0, 9.0)).over(Times((1.0, 1.0, 3.0)), 2.0) == (6.0, 4.0, 8.0)


def test_command_writes_every_line(tmp_path: Path, monkeypatch, capsys):
    arch, out = helpers.write_arch(tmp_path, helpers.SMALL), tmp_path / 'speed.json'
    tool = Path(__file__).parents[2] / 'tools' / 'analysis_tools' / 'benchmark_speed.py'
    chosen = [name for name in METHODS if name not in STEPS or name == 'mmrl']
    words = f'--methods {" ".join(chosen)} --arch {arch} --classes 3 --images 2 --samples 2 --rounds 1 --textbook-sentences 3 --json {out}'
    monkeypatch.setattr(sys, 'argv', [str(tool), *words.split()])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(tool), run_name='__main__')
    assert stopped.value.code == 0
    rows = json.loads(out.read_text())
    assert {row['method'] for row in rows} == set(chosen)
    for row in rows:
        if row['method'] == 'errors':
            assert max(row['engine_float64']) < 1e-10
            for precision in ('float32', 'bfloat16'):
                assert max(row[f'engine_{precision}']) < 2 * max(row[f'textbook_{precision}'])
        elif row['method'] in STEPS:
            assert row['images'] == 2
            assert row['speedup'][0] == pytest.approx(row['textbook_s'][0] / row['engine_s'][0])
            assert row['test_s'][0] > 0
            # the engine's launches are what test_launches.py counts
            assert 100 < row['engine_launches'] < row['textbook_launches'] + 100
        elif row['method'] not in ('step', 'evaluation'):
            assert row['speedup'][0] == pytest.approx(row['textbook_s'][0] / row['engine_s'][0])
            expected = 3 * (1 if row['method'] == 'deep' else row['images'] * row['samples'])
            assert row['textbook_factor'] == max(expected / 3, 1)
            assert row['tflop'] > 0
            assert ('engine_kept' in row) == ('backward' in row['work'])
    printed = capsys.readouterr().out
    assert 'textbook / engine' in printed
    assert 'the textbook path ran on 1/2 of the sentences' in printed


def test_unknown_choices_are_errors():
    with pytest.raises(ValueError, match="methods=\\['vpt'\\] are unknown"):
        benchmark_speed(methods=['vpt'])
    with pytest.raises(ValueError, match="precision='int8' is unknown"):
        benchmark_speed(precision='int8')
    with pytest.raises(ValueError, match='classes=1001'):
        benchmark_speed('ViT-Ti-16-64-icons', classes=(1001,))
