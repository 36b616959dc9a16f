"""Where the names of dots can be without covering other dots or names."""

from __future__ import annotations

from collections.abc import Mapping

_LETTER, _LINE = 6.4, 12.0  # size of a letter of a name, in points
_DOT = 7.0  # half the width that a dot takes
Box = tuple[float, float, float, float]


def places_beside(
    dots: Mapping[str, tuple[float, float]], room: Box
) -> dict[str, tuple[float, float]]:
    """Names to the right of, to the left of, above or below their dots.

    Args:
        dots: Name -> place of its dot in the figure, in points.
        room: Left, lower, right and upper end of where names may be.

    Returns:
        Name -> from the dot to the middle of the name, in points; names that do not fit are left out, as they are in
            the legend too.
    """
    taken: list[Box] = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in dots.values()]
    found = {}
    for name, (x, y) in dots.items():
        half = _LETTER * len(name) / 2
        aside, up = half + _DOT + 1, _LINE / 2 + _DOT
        for across, above in ((aside, 0.0), (-aside, 0.0), (0.0, up), (0.0, -up)):
            middle, height = x + across, y + above
            box = (middle - half, height - _LINE / 2, middle + half, height + _LINE / 2)
            inside = (
                box[0] >= room[0] and box[1] >= room[1] and box[2] <= room[2] and box[3] <= room[3]
            )
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found[name] = (across, above)
                break
    return found


def _overlap(first: Box, second: Box) -> bool:
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )
