"""The figures of a report as PDF files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers_report import write

from vamp_mm.report import make_report, read_results
from vamp_mm.report.figures.layout import Plots
from vamp_mm.report.figures.pdf import write_pdfs
from vamp_mm.report.figures.sections import sections_of
from vamp_mm.report.make import tables_of


def _plots(folder: Path) -> list[Plots]:
    results = read_results([folder])
    sections = sections_of(results, tables_of(results), [])
    return [plots for section in sections for plots in section.plots]


def test_each_figure_is_a_file_with_a_legend(tmp_path: Path) -> None:
    for shots in (1, 16):
        for method in ('mmrl', 'vamp'):
            write(tmp_path, {'all/accuracy': 60.0 + shots}, method=method, shots=shots)
    plots = _plots(tmp_path)
    paths = write_pdfs(plots, tmp_path / 'figures')
    assert [path.name for path in paths] == [
        'accuracy-by-number-of-shots-dtd.pdf',
        'accuracy-and-cost-few-shot-16-shots-accuracy-against-time-cpu.pdf',
        'accuracy-and-cost-few-shot-16-shots-accuracy-against-memory-cpu.pdf',
        'accuracy-and-cost-few-shot-1-shot-accuracy-against-time-cpu.pdf',
        'accuracy-and-cost-few-shot-1-shot-accuracy-against-memory-cpu.pdf',
    ]
    for group in plots:
        for panel in group.panels:
            [legend] = panel.figure.legends
            assert [text.get_text() for text in legend.get_texts()] == ['mmrl', 'vamp']
    content = paths[0].read_bytes()
    assert content.startswith(b'%PDF-1.')
    assert b'/Title (Accuracy by number of shots on DTD)' in content
    assert b'/CreationDate' not in content
    assert b'/FontFile2' in content  # TrueType, embedded
    assert b'/Type3' not in content
    # 360 x 250 points, and the legend below
    [box] = re.findall(rb'/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]', content)
    assert float(box[0]) == pytest.approx(350, abs=15)
    assert float(box[1]) == pytest.approx(265, abs=15)


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path, {'base/accuracy': 70.0, 'novel/accuracy': 60.0})
    first, second = (write_pdfs(_plots(tmp_path), tmp_path / name) for name in 'ab')
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_names_of_any_kind_give_files_in_the_folder(tmp_path: Path) -> None:
    for dataset in ('../../x', '..//..//x', '$x^2$ \u4e2d', 'a' * 300):
        accuracies = {'base/accuracy': 70.0, 'novel/accuracy': 60.0}
        write(tmp_path, accuracies, {'seconds': None}, dataset=dataset, method='$\\frac')
    paths = write_pdfs(_plots(tmp_path), tmp_path / 'figures')
    assert {path.parent for path in paths} == {tmp_path / 'figures'}
    assert len(set(paths)) == len(paths) >= 5  # four datasets, and their average
    assert all(re.fullmatch(r'[a-z0-9-]+\.pdf', path.name) for path in paths)
    assert all(path.is_file() for path in paths)


def test_a_report_names_the_figures_and_keeps_the_page_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    name = 'm\u4e2d'  # no font of this machine may have the letter; the reader's browser may
    write(tmp_path, {'base/accuracy': 70.0, 'novel/accuracy': 60.0}, method=name)
    make_report([tmp_path])
    assert 'cost.csv, and 3 figures as PDF in figures' in capsys.readouterr().out
    assert len(list((tmp_path / 'report' / 'figures').glob('*.pdf'))) == 3
    page = (tmp_path / 'report' / 'report.html').read_text('utf-8')
    assert f'>{name}</text>' in page  # beside its dot
    assert '\u25a1' not in page


def test_a_report_without_figures_has_no_folder_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    write(tmp_path, {'toy/error': 0.5}, {'seconds': None, 'peak_memory_mb': None})
    make_report([tmp_path])
    assert 'PDF' not in capsys.readouterr().out
    assert not (tmp_path / 'report' / 'figures').exists()
