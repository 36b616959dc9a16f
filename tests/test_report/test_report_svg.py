"""Figures inside a page: what is left of matplotlib's SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from vamp_mm.report.figures.panel import Panel, new_panel
from vamp_mm.report.figures.scale import fit
from vamp_mm.report.figures.style import COLOURS, styles_of
from vamp_mm.report.figures.svg import css_style, key, to_svg
from vamp_mm.report.table import Stat

_HOSTILE = '<script>alert(1)</script> $x^2$ "&amp;" \u4e2d'


def _panel(label: str = 'mmrl') -> Panel:
    panel = new_panel('DTD', f'Accuracy of {label}', 'x', f'{label} (%)')
    fit(panel.axes.xaxis, low=0.0, high=4.0)
    fit(panel.axes.yaxis, low=0.0, high=100.0)
    style = styles_of([label])[label]
    panel.dots(
        style, [(1, 50), (2, 60), (3, 65)], tips=[f'{label}: {number}' for number in (50, 60, 65)]
    )
    panel.dots(style, [(1, 20), (2, 30)], [2.0, 3.0])
    panel.band(style, [1, 2], [40, 50], [60, 70])
    panel.whisker(2, Stat(60, 5))
    [bar] = panel.axes.bar(3.5, 20, 0.5, **style.bar(), clip_on=False)
    panel.tip(bar, f'{label}: 20')
    panel.axes.annotate(label, (1, 50))
    panel.words.append(f'{label}: 50.00')
    return panel


def test_title_description_and_tips() -> None:
    root = ElementTree.fromstring(to_svg(_panel(), 'f1'))
    assert root.attrib == {'viewBox': '0 0 360 250', 'role': 'img'}
    assert [(child.tag, child.text) for child in root[:2]] == [
        ('title', 'Accuracy of mmrl'),
        ('desc', 'mmrl: 50.00'),
    ]
    tips = {child.text: node.tag for node in root.iter() for child in node if child.tag == 'title'}
    assert list(tips) == ['Accuracy of mmrl', 'mmrl: 20', 'mmrl: 50', 'mmrl: 60', 'mmrl: 65']
    assert {tips[tip] for tip in list(tips)[1:]} <= {'path', 'use'}


def test_names_are_neither_markup_nor_tex() -> None:
    text = to_svg(_panel(_HOSTILE), 'f1')
    assert '<script' not in text
    root = ElementTree.fromstring(text)
    assert [node.text for node in root.iter('text')].count(_HOSTILE) == 1
    assert f'{_HOSTILE} (%)' in [node.text for node in root.iter('text')]
    assert root[0].text == f'Accuracy of {_HOSTILE}'


def test_fonts_and_colours_are_those_of_the_page() -> None:
    text = to_svg(_panel(), 'f1')
    assert 'font-family' not in text
    assert 'fill:var(--s0)' in text
    assert 'fill:var(--dim)' in text
    assert not re.search('#[0-9a-f]{6}', text)
    assert COLOURS[0] not in key(styles_of(['mmrl'])['mmrl'], bars=True)


@pytest.mark.parametrize(
    'font',
    [
        "font-size: 11px; font-family: 'DejaVu Sans', sans-serif",
        "font: 11px 'DejaVu Sans', sans-serif",  # as matplotlib 3.7 writes it
        "font: italic 700 11px 'DejaVu Sans', sans-serif",
    ],
)
def test_of_a_font_only_the_size_is_kept(font: str) -> None:
    style = css_style(f'{font}; text-anchor: middle; fill: {COLOURS[1]}; stroke: #123456')
    assert style == 'font-size:11px;text-anchor:middle;fill:var(--s1);stroke:#123456'


def test_identifiers_are_used_and_begin_with_the_prefix() -> None:
    text = to_svg(_panel(), 'f7')
    identifiers = re.findall(r' id="([^"]*)"', text)
    assert identifiers
    assert all(name.startswith('f7-') for name in identifiers)
    assert set(re.findall(r' href="#([^"]*)"', text)) == set(identifiers)
    assert len(identifiers) == len(set(identifiers))
    assert 'url(' not in text


def test_the_same_panel_gives_the_same_text() -> None:
    panel = _panel()
    text = to_svg(panel, 'f1')
    assert text == to_svg(panel, 'f1') == to_svg(_panel(), 'f1')
    assert 'dc:date' not in text


def test_places_are_those_of_matplotlib() -> None:
    panel = _panel()
    root = ElementTree.fromstring(to_svg(panel, 'f1'))
    [mark] = [node for node in root.iter() if any(child.text == 'mmrl: 65' for child in node)]
    x, y = panel.axes.transData.transform((3, 65))
    numbers = [float(mark.get(name, 'nan')) for name in ('x', 'y')]
    if mark.tag == 'path':
        numbers = [float(number) for number in re.findall(r'[\d.]+', mark.attrib['d'])[:2]]
        assert numbers[1] == pytest.approx(
            250 - y + 4.5, abs=0.06
        )  # a circle begins at its lower end
    else:
        assert numbers[1] == pytest.approx(250 - y, abs=0.06)
    assert numbers[0] == pytest.approx(x, abs=0.06)


def test_keys_of_a_legend() -> None:
    style = styles_of(['mmrl'])['mmrl']
    line, bar = key(style, bars=False), key(style, bars=True)
    for text in (line, bar):
        root = ElementTree.fromstring(text)
        assert root.attrib == {'viewBox': '0 0 26 14', 'class': 'key', 'aria-hidden': 'true'}
    assert line.count('<path') == 2  # a line and a marker
    assert bar.count('<path') == 1
