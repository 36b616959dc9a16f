"""Where the names of dots can stand without lying on other dots or names."""

from __future__ import annotations

from collections.abc import Mapping

from ..html.plot import HEIGHT, WIDTH

_LETTER, _LINE = 6.4, 12.0  # size of a letter of class ``name``
_DOT = 7.0  # half the room that a dot takes
Box = tuple[float, float, float, float]


def places_beside(dots: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Names right of, left of, above or below their dots.

    Args:
        dots: Name -> place of its dot in the picture.

    Returns:
        Name -> middle of its base line; a name for which there is no room is left out, as the legend has it too.
    """
    taken: list[Box] = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in dots.values()]
    found = {}
    for name, (x, y) in dots.items():
        half = _LETTER * len(name) / 2
        aside, up = half + _DOT + 1, _LINE / 2 + _DOT
        for across, down in ((x + aside, y), (x - aside, y), (x, y - up), (x, y + up)):
            box = (across - half, down - _LINE / 2, across + half, down + _LINE / 2)
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT - 40
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found[name] = (across, down + 4)
                break
    return found


def _overlap(first: Box, second: Box) -> bool:
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )
