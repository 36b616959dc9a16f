"""Reliability diagrams and risk-coverage curves of a report, from curves of result files."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers_report import write

from vamp_mm.report import read_results
from vamp_mm.report.figures.calibration import calibration_plots
from vamp_mm.report.figures.curve_data import Reliability, RiskCoverage, averaged, curves_of, pooled
from vamp_mm.report.figures.layout import Plots
from vamp_mm.report.figures.style import styles_of
from vamp_mm.report.table import Stat


def test_seeds_are_pooled_by_images_and_risks_averaged() -> None:
    merged = pooled(
        [Reliability((0.2, 0.8), (0.0, 0.5), (0, 10)), Reliability((0.3, 0.9), (0.4, 1.0), (5, 30))]
    )
    assert merged.images == (5, 40)
    assert merged.confidence == pytest.approx((0.3, (0.8 * 10 + 0.9 * 30) / 40))
    assert merged.accuracy == pytest.approx((0.4, (5 + 30) / 40))
    points = averaged([RiskCoverage((0.5, 1.0), (0.1, 0.2)), RiskCoverage((0.5, 1.0), (0.3, 0.2))])
    assert [coverage for coverage, _ in points] == [0.5, 1.0]
    assert points[0][1] == Stat(pytest.approx(0.2), pytest.approx(0.02**0.5))
    assert points[1][1] == Stat(pytest.approx(0.2), 0.0)
    with pytest.raises(ValueError, match='different coverages'):
        averaged([RiskCoverage((0.5,), (0.1,)), RiskCoverage((0.6,), (0.1,))])


@pytest.mark.parametrize(('broken', 'words'), [
    ({'risk_coverage': {'coverage': [0.5, 1.0], 'risk': [0.1]}}, 'coverage has 2, risk has 1'),
    ({'risk_coverage': {'coverage': [1.0], 'risk': [14.0]}}, 'risk holds 14.0; allowed are numbers from 0 to 1'),
    ({'reliability': {'confidence': [0.5], 'accuracy': [None], 'count': [3]}}, 'accuracy holds None'),
    ({'reliability': {'confidence': [0.5], 'accuracy': [0.5]}}, 'count is not a list'),
    ([1, 2], 'list in place of an object'),
])  # fmt: skip
def test_broken_curves_are_named_and_left_out(tmp_path: Path, broken: object, words: str) -> None:
    path = write(tmp_path, {'all/accuracy': 60.0}, {'curves': {'all': broken}})
    [result] = read_results([tmp_path])
    notes: list[str] = []
    assert curves_of(result, notes) == {}
    assert any(words in note and str(path) in note for note in notes)


def test_curves_that_do_not_fit_each_other_are_named(tmp_path: Path) -> None:
    for seed, bins in ((1, 2), (2, 3)):
        reliability = {'confidence': [0.5] * bins, 'accuracy': [0.5] * bins, 'count': [4] * bins}
        content = {'curves': {'all': {'reliability': reliability}}}
        write(tmp_path, {'all/accuracy': 60.0}, content, seed=seed)
    notes: list[str] = []
    assert calibration_plots(read_results([tmp_path]), styles_of(['mmrl']), notes) == []
    [note] = notes
    assert note.startswith('Reliability on DTD, all (few-shot, 16 shots): mmrl is left out')


def _plots(folder: Path) -> list[Plots]:
    return calibration_plots(read_results([folder]), styles_of(['mmrl']), [])


def test_a_reliability_diagram_has_a_dot_per_bin_and_its_line_the_frequent_ones(
    tmp_path: Path,
) -> None:
    bins = {'confidence': [0.1, 0.5, 0.0, 0.9], 'accuracy': [1.0, 0.25, 0.0, 0.8]}
    content = {'curves': {'all': {'reliability': {**bins, 'count': [1, 40, 0, 159]}}}}
    write(tmp_path, {'all/accuracy': 60.0}, content)
    [plots] = _plots(tmp_path)
    [panel] = plots.panels
    axes = panel.axes
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 100), (0, 100))
    [dots] = axes.collections
    assert dots.get_offsets().ravel().tolist() == pytest.approx([10, 100, 50, 25, 90, 80])
    # half a diameter grows with the root of the part of the images: 1.8 + 4.5 (n / 200)^0.5
    sizes = [(2 * (1.8 + 4.5 * (count / 200) ** 0.5)) ** 2 for count in (1, 40, 159)]
    assert dots.get_sizes().tolist() == pytest.approx(sizes)
    diagonal, line = axes.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [100, 100]]
    # a bin of one image in 200 is left out
    assert line.get_xydata().ravel().tolist() == pytest.approx([50, 25, 90, 80])
    # (0.1 + 40 * 0.5 + 159 * 0.9) / 200 and (1 + 40 * 0.25 + 159 * 0.8) / 200
    assert panel.words == ['mmrl: mean confidence 81.6 %, accuracy 69.1 %']


def test_a_risk_coverage_curve_is_the_mean_over_seeds_with_its_spread(tmp_path: Path) -> None:
    for seed, risk in ((1, [0.1, 0.2, 0.3, 0.5]), (2, [0.1, 0.2, 0.5, 0.7])):
        curve = {'coverage': [0.25, 0.5, 0.75, 1.0], 'risk': risk}
        content = {'curves': {'all': {'risk_coverage': curve}}}
        write(tmp_path, {'all/accuracy': 60.0}, content, seed=seed)
    [plots] = _plots(tmp_path)
    [panel] = plots.panels
    band, dots = panel.axes.collections
    [line] = panel.axes.lines
    assert line.get_xydata().ravel().tolist() == pytest.approx([25, 10, 50, 20, 75, 40, 100, 60])
    assert dots.get_offsets().ravel().tolist() == pytest.approx([100, 60])  # each fourth
    corners = band.get_paths()[0].vertices
    # the sample standard deviation of 0.5 and 0.7 is 0.02 ** 0.5
    assert corners[:, 1].max() == pytest.approx(60 + 100 * 0.02**0.5)
    assert panel.axes.get_ylim() == (0, 80)
    assert panel.words == ['mmrl: error rate 60.0 % at 100 % coverage']


def test_error_rates_end_at_100_percent(tmp_path: Path) -> None:
    for seed, risk in ((1, 0.8), (2, 1.0)):
        content = {'curves': {'all': {'risk_coverage': {'coverage': [1.0], 'risk': [risk]}}}}
        write(tmp_path, {'all/accuracy': 60.0}, content, seed=seed)
    [plots] = _plots(tmp_path)
    axes = plots.panels[0].axes
    assert axes.get_ylim() == (0, 100)
    assert axes.collections[0].get_paths()[0].vertices[:, 1].max() == 100  # 90 + 14 would leave it
