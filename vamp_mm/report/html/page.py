"""The page: contents, what was compared, then each table with the plots of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..figures.layout import Section, anchors
from ..figures.svg import key, to_svg
from ..results import Result
from ..table import cell_text
from .summary import newest, summary

_TITLE = 'Comparison of methods'
_COMPARED = 'compared'  # key of the first section, which the template writes


def to_html(results: Sequence[Result], sections: Sequence[Section], notes: Sequence[str]) -> str:
    """All tables and plots on one page that loads nothing else.

    Args:
        results: The results.
        sections: Their tables and plots.
        notes: Sentences on results that are left out.

    Returns:
        The page. The same results give the same text.
    """
    names = anchors([_COMPARED, *(section.key for section in sections)])
    return (
        _templates()
        .get_template('page.html.j2')
        .render(
            title=_TITLE,
            newest=newest(results),
            compared=names[0],
            summary=summary(results),
            notes=notes,
            sections=list(zip(names[1:], sections, strict=True)),
        )
    )


def _templates() -> Environment:
    """All values except figures are escaped; an undefined name in a template is an error."""
    templates = Environment(
        loader=PackageLoader('vamp_mm.report.html'),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    numbers = count(1)
    templates.filters['cell_text'] = cell_text
    templates.filters['svg'] = lambda panel: to_svg(panel, f'f{next(numbers)}')
    templates.filters['key'] = key
    return templates
