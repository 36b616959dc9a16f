"""The HTML report: what it shows, and that it loads nothing."""

from __future__ import annotations

import html
import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from helpers_report import comparison, curves, write

from vamp_mm.benchmark.jobs import Job
from vamp_mm.report import Table, make_report, read_results
from vamp_mm.report.figures.sections import sections_of
from vamp_mm.report.figures.style import COLOURS, CSS_NAMES
from vamp_mm.report.html import to_html
from vamp_mm.report.make import tables_of
from vamp_mm.report.table import Stat

_VOID = ('meta', 'link')
_HOSTILE = '<img src=x onerror="alert(1)"> & \'co\' $x^2$ {{ 7 * 7 }}'


class _Page(HTMLParser):
    """Checks that elements are closed in order, and collects what tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != 'style':
            self.text.append(data)

    def all(self, key: str) -> list[str]:
        return [
            value for _, attributes in self.attributes if (value := attributes.get(key)) is not None
        ]


def _html(
    folder: Path, compare: tuple[str, str] | None = None, notes: list[str] | None = None
) -> str:
    results = read_results([folder])
    notes = [] if notes is None else notes
    return to_html(results, sections_of(results, tables_of(results, compare), notes), notes)


@pytest.fixture(scope='module')
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('runs')
    comparison(folder, shots=(1, 4, 16), seeds=(1, 2))
    return folder


def test_every_table_and_plot_is_there(runs: Path) -> None:
    results = read_results([runs])
    tables = tables_of(results, ('vamp', 'mmrl'))
    page = _Page(_html(runs, ('vamp', 'mmrl')))
    words = set(page.text)
    assert {table.title for table in tables} <= words
    for table in tables:  # each number of each table stands in the page
        for row in table.rows:
            assert {cell.text() for cell in row if isinstance(cell, Stat)} <= words, table.key
    for plot in (
        'H by number of shots on Average',
        'Base, novel and H accuracy on DTD',
        'Accuracy by number of shots on EuroSAT',
        'Reliability on DTD, novel',
        'Risk and coverage on DTD, all',
        'H (%) against time to train and test (s)',
        'accuracy (%) against peak memory (MiB, whole process)',
    ):
        assert plot in words, plot
    assert {
        'Methods',
        'clip, mmrl, vamp',
        'cpu, x86_64, 2 cores, 1 threads',
        'python 3.11.4, torch 2.8.0, vamp_mm 0.1.0',
        '2026-01-01 00:00:00 UTC',
    } <= words


def test_page_is_accessible_and_its_links_lead_somewhere(runs: Path) -> None:
    page = _Page(_html(runs))
    assert page.names.count('h1') == 1
    assert {'main', 'nav', 'header', 'section'} <= set(page.names)
    identifiers = page.all('id')
    assert len(identifiers) == len(set(identifiers))
    assert {link.removeprefix('#') for link in page.all('href') if link.startswith('#')} == set(
        identifiers
    )
    assert set(page.all('aria-labelledby')) <= set(identifiers)
    for place, (tag, attributes) in enumerate(page.attributes):
        if tag == 'svg' and attributes.get('role') == 'img':
            assert page.names[place + 1] == 'title'
    assert (
        'meta',
        {'name': 'viewport', 'content': 'width=device-width, initial-scale=1'},
    ) in page.attributes


def test_page_is_one_file_that_loads_nothing(runs: Path) -> None:
    text = _html(runs)
    page = _Page(text)
    assert 'script' not in page.names
    assert page.all('src') == []
    assert 'http://' not in text
    assert 'https://' not in text
    assert 'url(' not in text
    assert '@import' not in text
    assert len(text) < 1_000_000
    assert "default-src 'none'" in html.unescape(text)


def test_size_stays_reasonable_for_a_full_table(tmp_path: Path) -> None:
    datasets = [f'data{index}' for index in range(11)]
    comparison(
        tmp_path, [f'method{index}' for index in range(6)], datasets, shots=(4, 16), seeds=(1,)
    )
    assert len(_html(tmp_path)) < 1_500_000


def test_same_results_give_the_same_bytes_and_the_newest_date(tmp_path: Path) -> None:
    for seed, day in enumerate((3, 20, 11)):
        write(
            tmp_path,
            {'all/accuracy': 60 + seed},
            {'finished': f'2026-02-{day:02}T10:00:00+00:00'},
            seed=seed,
        )
    make_report([tmp_path], tmp_path / 'a')
    make_report([tmp_path], tmp_path / 'b')
    first = (tmp_path / 'a' / 'report.html').read_bytes()
    assert first == (tmp_path / 'b' / 'report.html').read_bytes()
    assert 'Newest run: 2026-02-20 10:00:00 UTC' in first.decode()


def test_names_are_escaped(tmp_path: Path) -> None:
    content = {
        'curves': {
            'all': curves(random.Random(0), 70),
            f'{_HOSTILE}/all': curves(random.Random(0), 60),
        },
        'versions': {'torch': _HOSTILE},
        'hardware': {'device': _HOSTILE},
    }
    for shots in (1, 4):
        write(
            tmp_path,
            {'all/accuracy': 60.0},
            content,
            method=_HOSTILE,
            dataset=_HOSTILE,
            shots=shots,
        )
    write(
        tmp_path,
        {'base/accuracy': 60.0, 'novel/accuracy': 60.0},
        content,
        method=_HOSTILE,
        dataset=_HOSTILE,
    )
    write(
        tmp_path,
        {f'{_HOSTILE}/all/accuracy': 60.0, 'average/all/accuracy': 60.0},
        content,
        method=_HOSTILE,
    )
    page = _Page(_html(tmp_path))
    assert 'img' not in page.names
    assert not page.all('onerror')
    assert _HOSTILE in page.text


def test_any_further_table_gets_a_part_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, {'all/accuracy': 60.0}, {'curves': {'all': curves(random.Random(0), 70)}})
    results = read_results([tmp_path])
    extra = [
        Table(
            'uncertainty',
            'Uncertainty',
            ['method', 'ECE'],
            rows=[['mmrl', Stat(1.25, 0.5)]],
            notes=['By bins.'],
        ),
        Table('uncertainty', 'Twice', ['method', 'ECE'], rows=[['mmrl', Stat(float('nan'))]]),
    ]
    sections = sections_of(results, [*extra, *tables_of(results)], [])
    page = _Page(to_html(results, sections, []))
    assert {'Uncertainty', '1.25 ± 0.50', 'By bins.', 'Twice', '-'} <= set(page.text)
    headings = [
        text for text in page.text if text in ('Twice', 'Reliability and risk-coverage', 'Cost')
    ][-3:]
    # the curves stand behind their numbers
    assert headings == ['Twice', 'Reliability and risk-coverage', 'Cost']


def test_plots_without_data_are_left_out(tmp_path: Path) -> None:
    cost = {
        'seconds': None,
        'peak_memory_mb': None,
        'hardware': None,
        'versions': None,
        'finished': None,
    }
    write(tmp_path, {'all/accuracy': 60.0}, cost)
    write(tmp_path, {'toy/error': 0.5}, cost, dataset='toy')
    page = _Page(_html(tmp_path))
    assert 'figure' not in page.names
    assert 'Reliability and risk-coverage' not in page.text
    assert 'unknown' in page.text


def test_numbers_that_are_none_leave_gaps_only(tmp_path: Path) -> None:
    for shots, accuracy in ((1, float('nan')), (4, 60.0), (16, 70.0)):
        write(tmp_path, {'all/accuracy': accuracy}, {'seconds': float('inf')}, shots=shots)
    write(tmp_path, {'all/accuracy': 0.0}, method='none')
    text = _html(tmp_path)
    assert 'figure' in _Page(text).names
    assert 'nan' not in ''.join(re.findall(r' d="([^"]*)"', text))


def test_average_curve_keeps_to_the_same_datasets(tmp_path: Path) -> None:
    for shots in (1, 4, 16):
        for dataset in ('dtd', 'eurosat', 'food101')[: 3 if shots > 1 else 2]:
            write(
                tmp_path,
                {'base/accuracy': 60.0, 'novel/accuracy': 60.0},
                shots=shots,
                dataset=dataset,
            )
    found = re.search(r'H by number of shots on Average</title><desc>([^<]*)', _html(tmp_path))
    assert found is not None
    assert found[1] == 'mmrl: 60.00 at 4, 60.00 at 16'


def test_runs_without_a_result_are_named(tmp_path: Path) -> None:
    write(tmp_path, {'all/accuracy': 60.0}, method='good')
    for name in ('bad', 'good'):  # a run that was planned twice, and finished once, is not missing
        labels = dict(
            method=name, dataset='dtd', protocol='few-shot', shots=16, seed=1, overrides={}
        )
        Job({}, labels, True, 'abc', str(tmp_path / 'jobs' / name)).write()
    labels = {**labels, **read_results([tmp_path])[0].content['run'], 'method': 'good'}
    Job({}, labels, True, 'abc', str(tmp_path / 'jobs' / 'good')).write()
    notes: list[str] = []
    results = read_results([tmp_path], notes=notes)
    assert notes == [
        f'bad dtd few-shot 16 shots seed 1 is not finished and is in no table; see {tmp_path}/jobs/bad/run.log'
    ]
    page = to_html(results, sections_of(results, tables_of(results), notes), notes)
    assert '<details open><summary>Remarks on the input (1)' in page


def test_colours_have_contrast_in_both_modes_and_are_those_of_the_figures() -> None:
    css = (Path(to_html.__code__.co_filename).parent / 'templates' / 'page.css').read_text()
    modes = [
        dict(re.findall(r'--(\w+):(#\w+)', mode)) for mode in re.findall(r':root\{([^}]*)\}', css)
    ]
    assert len(modes) == 2
    for colours in modes:
        for name, least in [
            ('text', 4.5),
            ('dim', 4.5),
            ('link', 4.5),
            *((f's{index}', 3) for index in range(len(COLOURS))),
        ]:
            # WCAG 2.2, 1.4.3 and 1.4.11
            assert _contrast(colours[name], colours['bg']) >= least, (name, colours[name])
    assert modes[0].keys() == modes[1].keys()
    assert {name: modes[0][name] for name in CSS_NAMES.values()} == {
        name: colour for colour, name in CSS_NAMES.items()
    }


def _contrast(first: str, second: str) -> float:
    values = []
    for colour in (first, second):
        digits = colour[1:] if len(colour) == 7 else ''.join(2 * digit for digit in colour[1:])
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        values.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(values) + 0.05) / (min(values) + 0.05)
