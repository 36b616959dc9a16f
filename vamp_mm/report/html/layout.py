"""Parts of the page that hold plots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .markup import Child, Markup, element


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Args:
        key: Its anchor.
        title: Its heading, and what the contents say.
        body: What stands below.
    """

    key: str
    title: str
    body: Child


def panel(name: str, svg: Markup) -> Markup:
    """A plot with its name above."""
    return element('figure', element('figcaption', name), svg)


def plots(heading: str, legend: Markup, panels: Sequence[Markup], note: str = '') -> Markup:
    """Plots of one kind side by side, as many as there is room for.

    Args:
        heading: What they show.
        legend: Of all of them.
        panels: The plots; nothing is written if there is none.
        note: How to read them.

    Returns:
        The markup, empty without panels.
    """
    if not panels:
        return Markup()
    return element(
        'div',
        element('h3', heading),
        element('p', note, class_='note') if note else None,
        legend,
        element('div', panels, class_='panels'),
        class_='plots',
    )


def folded(title: str, body: Child) -> Markup:
    """Something that the reader opens."""
    return element('details', element('summary', title), body)


def anchors(keys: Sequence[str]) -> list[str]:
    """One name per key that is free of blanks and occurs once."""
    found: list[str] = []
    for key in keys:
        name = plain = re.sub(r'[^A-Za-z0-9]+', '-', key).strip('-').lower() or 'section'
        while name in found:
            name = f'{plain}-{found.count(name) + len(found)}'
        found.append(name)
    return found
