"""A figure as SVG inside a page: in the page's font and colours, and as short as it can be written."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from .panel import Panel
from .style import CSS_NAMES, PAPER, Style

_DECIMAL = re.compile(r'-?\d+\.\d+')
_BLANKS = re.compile(r'\s*([A-Za-z]|\s)\s*')
_COLOUR = re.compile(r'#[0-9a-f]{6}\b')
#: Older versions of matplotlib write size and family together: ``font: 11px 'DejaVu Sans', ...``.
_FONT = re.compile(r'^font: (?:.* )?([\d.]+px).*')
#: Properties that the page sets, or that make no difference.
_LEFT_OUT = ('font-family', 'stroke-linecap', 'stroke-linejoin', 'stroke-dashoffset')
_HREF = '{http://www.w3.org/1999/xlink}href'
_KEY = (26.0, 14.0)  # size of a key of a legend, in points


def to_svg(panel: Panel, prefix: str) -> Markup:
    """A panel as an element of a page.

    Args:
        panel: The panel.
        prefix: Of its identifiers; another one for each panel of a page.

    Returns:
        An ``svg`` element with title, description and tips. The same panel gives the same text.
    """
    drawing = _drawing(panel.figure)
    _add_tips(drawing, panel.tips)
    children = [_named('title', panel.title), *_children(drawing, _identifiers(drawing, prefix))]
    if panel.words:
        children.insert(1, _named('desc', '; '.join(panel.words)))
    return _element(drawing, children, role='img')


@cache
def key(style: Style, bars: bool) -> Markup:
    """The mark of a method in a legend.

    Args:
        style: Of the method.
        bars: Whether it is a bar instead of a line with a marker.

    Returns:
        An ``svg`` element that only shows.
    """
    width, height = _KEY
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    figure.patch.set_visible(False)
    points = Affine2D().scale(1 / width, 1 / height) + figure.transFigure
    if bars:
        figure.add_artist(Rectangle((6, 2), 14, 10, **style.bar(), transform=points))
    else:
        figure.add_artist(Line2D([1, 25], [7, 7], **style.line(), transform=points))
        marker = MarkerStyle(style.marker)
        place = marker.get_transform() + Affine2D().scale(9).translate(13, 7)
        figure.add_artist(
            PathPatch(
                marker.get_path().transformed(place),
                facecolor=style.colour,
                edgecolor=PAPER,
                linewidth=1,
                transform=points,
            )
        )
    drawing = _drawing(figure)
    return _element(
        drawing, list(_children(drawing, {})), **{'class': 'key', 'aria-hidden': 'true'}
    )


def _drawing(figure: Figure) -> Element:
    """The SVG of matplotlib. Names are not TeX; the browser has fonts for letters that DejaVu Sans lacks."""
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    out = io.BytesIO()
    settings = matplotlib.rc_context(
        {'svg.fonttype': 'none', 'svg.hashsalt': 'vamp_mm', 'path.simplify': False}
    )
    with settings, warnings.catch_warnings():
        warnings.filterwarnings('ignore', r'Glyph .* missing')
        figure.savefig(
            out, format='svg', metadata=dict.fromkeys(('Date', 'Creator', 'Format', 'Type'))
        )
    return ElementTree.fromstring(out.getvalue())


def _add_tips(drawing: Element, tips: Mapping[str, list[str]]) -> None:
    for group in drawing.iter():
        for mark, words in zip(_marks(group), tips.get(group.get('id', ''), ()), strict=False):
            mark.append(_named('title', words))


def _marks(group: Element) -> Iterator[Element]:
    """What is drawn in a group, definitions not."""
    for child in group:
        if _tag(child) in ('path', 'use'):
            yield child
        elif _tag(child) != 'defs':
            yield from _marks(child)


def _identifiers(drawing: Element, prefix: str) -> dict[str, str]:
    """Those that are referred to -> their names in the page."""
    used = dict.fromkeys(node.attrib[_HREF][1:] for node in drawing.iter() if _HREF in node.attrib)
    return {name: f'{prefix}-{index}' for index, name in enumerate(used)}


def _children(node: Element, names: Mapping[str, str]) -> Iterator[Element]:
    """The children of an element without what the page does not need: groups of groups, fonts, digits."""
    for child in node:
        tag = _tag(child)
        if tag in ('metadata', 'style'):
            continue
        kept = Element(tag, dict(_attributes(child, names)))
        kept.extend(_children(child, names))
        kept.text = child.text if tag in ('text', 'title', 'desc') else None
        if tag in ('g', 'defs') and not kept.attrib and (tag == 'g' or not len(kept)):
            yield from kept
        else:
            yield kept


def _attributes(node: Element, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in node.attrib.items():
        if name == 'id':
            if value in names:
                yield name, names[value]
        elif name == _HREF:
            yield 'href', f'#{names[value[1:]]}'
        elif name == 'style':
            yield name, css_style(value)
        elif name in ('d', 'x', 'y'):
            yield name, _BLANKS.sub(r'\1', _DECIMAL.sub(_rounded, value).strip())
        elif not (name == 'transform' and value.startswith('rotate(-0 ')):
            yield name, value


def css_style(style: str) -> str:
    """A style of matplotlib without the font, which is the page's, and with the page's colours."""
    parts = (_FONT.sub(r'font-size: \1', part) for part in style.split('; '))
    kept = (part for part in parts if not part.startswith(_LEFT_OUT))
    return _COLOUR.sub(_css_colour, ';'.join(kept).replace(': ', ':'))


def _css_colour(found: re.Match[str]) -> str:
    name = CSS_NAMES.get(found.group())
    return found.group() if name is None else f'var(--{name})'


def _rounded(found: re.Match[str]) -> str:
    text = f'{float(found.group()):.1f}'.removesuffix('.0')
    return '0' if text == '-0' else text


def _tag(node: Element) -> str:
    return node.tag.rpartition('}')[2]


def _named(tag: str, text: str) -> Element:
    node = Element(tag)
    node.text = text
    return node


def _element(drawing: Element, children: list[Element], **attributes: str) -> Markup:
    root = Element('svg', {'viewBox': drawing.attrib['viewBox'], **attributes})
    root.extend(children)
    return Markup(ElementTree.tostring(root, encoding='unicode').replace(' />', '/>'))
