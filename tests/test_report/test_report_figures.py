"""Figures of a report: the numbers that are given to matplotlib, the axes, and what stands beside marks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers_report import write
from matplotlib.collections import PolyCollection

from vamp_mm.report import read_results
from vamp_mm.report.figures.base_novel_bars import base_novel_bars
from vamp_mm.report.figures.beside import places_beside
from vamp_mm.report.figures.by_shots import few_shot_curves
from vamp_mm.report.figures.cost import cost_plots
from vamp_mm.report.figures.panel import new_panel
from vamp_mm.report.figures.scale import fit, fit_costs, fit_shots
from vamp_mm.report.figures.style import styles_of
from vamp_mm.report.make import tables_of


def test_few_shot_curve_stands_where_its_numbers_are(tmp_path: Path) -> None:
    for shots, accuracies in ((1, (60, 62)), (4, (70, 74))):
        for seed, accuracy in enumerate(accuracies):
            write(tmp_path, {'all/accuracy': accuracy}, shots=shots, seed=seed)
    write(tmp_path, {'all/accuracy': 63.0}, shots=None, seed=None, method='clip')
    results = read_results([tmp_path])
    [plots] = few_shot_curves(results, styles_of(['clip', 'mmrl']))
    [panel] = plots.panels
    axes = panel.axes
    untrained, line = axes.lines
    assert list(untrained.get_ydata()) == [63, 63]
    assert untrained.get_linestyle() != '-'
    assert line.get_xydata().tolist() == [[0, 61], [2, 72]]  # log2 of the shots
    [band] = [item for item in axes.collections if isinstance(item, PolyCollection)]
    corners = {(round(x), round(y, 2)) for x, y in band.get_paths()[0].vertices}
    # the sample standard deviations are 2 ** 0.5 and 8 ** 0.5
    assert corners == {(0, 59.59), (0, 62.41), (2, 69.17), (2, 74.83)}
    assert axes.get_ylim() == (55, 75)
    assert [label.get_text() for label in axes.get_xticklabels()] == ['1', '4', '0']
    assert panel.words == ['clip: 63.00 at 0', 'mmrl: 61.00 ± 1.41 at 1, 72.00 ± 2.83 at 4']
    assert list(panel.tips.values()) == [
        ['clip, 0 shots: 63.00 %'],
        ['mmrl, 1 shots: 61.00 ± 1.41 %', 'mmrl, 4 shots: 72.00 ± 2.83 %'],
    ]


def test_a_point_with_spread_among_others_without_gets_a_whisker(tmp_path: Path) -> None:
    for shots, seeds in ((1, 1), (4, 2), (16, 1)):
        for seed in range(seeds):
            write(tmp_path, {'all/accuracy': 60.0 + 2 * seed}, shots=shots, seed=seed)
    [plots] = few_shot_curves(read_results([tmp_path]), styles_of(['mmrl']))
    [container] = plots.panels[0].axes.containers
    [bar] = container.lines[2]
    (x, low), (_, high) = bar.get_segments()[0]
    assert (x, low, high) == (2, pytest.approx(61 - 2**0.5), pytest.approx(61 + 2**0.5))


def test_bars_are_as_long_as_their_numbers(tmp_path: Path) -> None:
    for seed, base in ((1, 70.0), (2, 80.0)):
        write(tmp_path, {'base/accuracy': base, 'novel/accuracy': 60.0}, seed=seed)
    [table, *_] = tables_of(read_results([tmp_path]))
    [plots] = base_novel_bars(table, styles_of(['mmrl']))
    [panel] = plots.panels
    lengths = {panel.tips[bar.get_gid()][0]: bar.get_height() for bar in panel.axes.patches}
    h = 2 * 75 * 60 / 135
    assert lengths == {
        'mmrl, base: 75.00 ± 7.07 %': 75,
        'mmrl, novel: 60.00 ± 0.00 %': 60,
        'mmrl, H: 66.67 ± 2.80 %': pytest.approx(h, abs=0.02),
    }
    assert panel.axes.get_ylim() == (0, 100)
    assert [text.get_text() for text in panel.axes.texts] == ['75.0', '60.0', '66.7']
    # the paper's 85.67, 65.00 and 73.82, across the bars; other lines are caps of whiskers
    papers = [
        float(line.get_ydata()[0]) for line in panel.axes.lines if line.get_marker() == 'None'
    ]
    assert papers == [85.67, 65.0, 73.82]
    assert "the paper's number" in plots.note


def test_many_methods_get_a_line_each_with_the_best_on_top(tmp_path: Path) -> None:
    values = {f'm{index}': 40.0 + index for index in range(9)}  # one more than stand side by side
    for name, value in values.items():
        write(
            tmp_path,
            {'base/accuracy': value + 20, 'novel/accuracy': value},
            method=name,
        )
    [table, *_] = tables_of(read_results([tmp_path]))
    [plots] = base_novel_bars(table, styles_of(values))
    [panel] = plots.panels
    bars = sorted(panel.axes.patches, key=lambda bar: bar.get_y())
    best = {panel.tips[bar.get_gid()][0]: bar.get_width() for bar in bars}
    assert [tip[:2] for tip in best] == [f'm{index}' for index in range(8, -1, -1)]
    assert best['m8, H: 56.28 %'] == pytest.approx(2 * 68 * 48 / 116)
    assert panel.axes.yaxis_inverted()  # the first one is on top
    assert panel.axes.get_xlim() == (0, 100)
    places = {
        panel.tips[dots.get_gid()][0]: dots.get_offsets()[0][0] for dots in panel.axes.collections
    }
    assert places['m8, base: 68.00 %'] == 68
    assert places['m8, novel: 48.00 %'] == 48
    assert 'circles: base' in plots.note
    assert plots.legend == []
    [side] = base_novel_bars(replace(table, rows=table.rows[:8]), styles_of(values))
    assert 'circles' not in side.note
    assert [style.label for style in side.legend] == [f'm{index}' for index in range(8)]


def test_cost_of_transfer_is_of_runs_with_the_same_targets(tmp_path: Path) -> None:
    accuracy = {
        'dtd/all/accuracy': 40.0,
        'eurosat/all/accuracy': 60.0,
        'average/all/accuracy': 50.0,
    }
    cost = dict(seconds=20.0, peak_memory_mb=900.0)
    write(tmp_path, accuracy, cost, method='both', dataset='imagenet', protocol='cross-dataset')
    write(
        tmp_path,
        {'eurosat/all/accuracy': 60.0, 'average/all/accuracy': 60.0},
        cost,
        method='one',
        dataset='imagenet',
        protocol='cross-dataset',
    )
    [plots] = cost_plots(read_results([tmp_path]), styles_of(['both', 'one']))
    times, memory = plots.panels
    assert times.words == ['both: 50.00 at 20']
    [dots] = times.axes.collections
    assert dots.get_offsets().tolist() == [[20, 50]]
    assert memory.axes.get_xlabel() == 'peak memory (MiB, whole process)'
    assert [text.get_text() for text in times.axes.texts] == ['both']


def test_axes_hold_their_values_between_round_numbers() -> None:
    axis = new_panel('', '', '', '').axes.yaxis

    def shown() -> list[str]:
        return axis.get_major_formatter().format_ticks(axis.get_majorticklocs())

    fit(axis, [71.2, 78.9])
    assert axis.axes.get_ylim() == (70, 80)
    assert shown() == ['70', '72', '74', '76', '78', '80']
    fit(axis, [0.1, 1.3])
    assert shown()[:3] == ['0.00', '0.25', '0.50']
    for value in (85.0, 0.0, 100.0):  # a single value is inside
        fit(axis, [value])
        low, high = axis.axes.get_ylim()
        assert low <= value < high
        assert low < value or value == 0
    fit(axis, [30.0, 104.0], low=0.0, at_most=100.0)
    assert axis.axes.get_ylim() == (0, 100)


def test_costs_are_logarithmic_where_they_differ_much() -> None:
    axes = new_panel('', '', '', '').axes
    fit_costs(axes, [20, 50])
    assert axes.get_xscale() == 'linear'
    fit_costs(axes, [20, 1500])
    assert axes.get_xscale() == 'log'
    low, high = axes.get_xlim()
    assert low < 20 < 1500 < high
    assert low * high == pytest.approx(20 * 1500)  # the geometric mean is in the middle
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ['20', '50', '100', '200', '500', '1000']
    fit_costs(axes, [1, 10**5])
    assert len(axes.get_xticks()) <= 6


def test_each_doubling_of_shots_is_one_step() -> None:
    axes = new_panel('', '', '', '').axes
    assert fit_shots(axes, [0, 1, 4, 16, -1]) == {0: -1, 1: 0, 4: 2, 16: 4, -1: 5}
    labels = dict(zip(axes.get_xticks(), (label.get_text() for label in axes.get_xticklabels())))
    assert (labels[5], labels[-1]) == ('all', '0')
    assert axes.get_xlim() == (-1.2, 5.2)


def test_names_beside_dots_do_not_lie_on_others() -> None:
    dots = {'a': (200.0, 100.0), 'bc': (215.0, 100.0), 'd' * 80: (100.0, 50.0)}
    found = places_beside(dots, (0.0, 40.0, 360.0, 250.0))
    assert found['a'][0] < -7  # no room on its right
    assert found['bc'][0] > 7
    assert set(found) == {'a', 'bc'}  # the long one would leave the figure


def test_methods_look_different() -> None:
    styles = styles_of(f'{index:02}' for index in range(40)).values()
    assert len({(style.colour, style.marker, style.again) for style in styles}) == 40
    first, ninth = list(styles)[0], list(styles)[8]
    assert first.colour == ninth.colour
    assert first.line()['linestyle'] != ninth.line()['linestyle']
    assert first.bar() != ninth.bar()
