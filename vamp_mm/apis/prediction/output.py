"""Predictions as text, JSON lines and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import TextIO

from .results import UNCERTAINTIES, Prediction

FORMATS = ('text', 'jsonl', 'csv')
_COLUMNS = ('index', 'path', 'label', 'name', 'score', 'rejected', *UNCERTAINTIES)


def writer(kind: str, out: TextIO, top_k: int, reject: str | None = None,
           threshold: float | None = None) -> Callable[[Prediction], None]:
    """A function that writes one prediction after the other.

    Args:
        kind: One of :data:`FORMATS`.
        out: Where to.
        top_k: Number of classes of which CSV has columns.
        reject: Uncertainty by which answers are withheld; text shows it.
        threshold: Its bound.

    Returns:
        The function.

    Raises:
        ValueError: If the format is unknown.
    """
    if kind == 'jsonl':
        return lambda prediction: _line(out, _json(prediction))
    if kind == 'csv':
        return _csv_writer(out, top_k)
    if kind == 'text':
        return lambda prediction: _line(out, as_text(prediction, reject, threshold))
    raise ValueError(f'format={kind!r} is unknown; allowed: {FORMATS}')


def as_text(prediction: Prediction, reject: str | None = None, threshold: float | None = None) -> str:
    """One line for a person to read.

    Args:
        prediction: The answer.
        reject: Uncertainty by which answers are withheld, None for predictive entropy as a figure alone.
        threshold: Its bound.

    Returns:
        File, class and score or ``NOT SURE``, the other classes, and the uncertainty.
    """
    where = prediction.path if prediction.path is not None else f'image {prediction.index}'
    name = reject or 'predictive_entropy'
    value = f'{name} {getattr(prediction, name):.3f}'
    shown = [f'{candidate.name} {candidate.score:.3f}' for candidate in prediction.top_k]
    if prediction.rejected:
        return f'{where}: NOT SURE ({value} > {threshold:g}), perhaps {", ".join(shown)}'
    others = f' ({", ".join(shown[1:])})' if shown[1:] else ''
    return f'{where}: {shown[0]}{others}, {value}'


def _json(prediction: Prediction) -> str:
    """JSON that is UTF-8: bytes of a file name that are not stand as escapes, from which os.fsencode gets them back."""
    return json.dumps(prediction.as_dict(), ensure_ascii=False).encode('utf-8', 'backslashreplace').decode('utf-8')


def _line(out: TextIO, text: str) -> None:
    out.write(text + '\n')
    out.flush()


def _csv_writer(out: TextIO, top_k: int) -> Callable[[Prediction], None]:
    table = csv.writer(out, lineterminator='\n')
    table.writerow([*_COLUMNS, *(f'top{rank}_{what}' for rank in range(1, top_k + 1) for what in ('name', 'score'))])

    def write(prediction: Prediction) -> None:
        content = prediction.as_dict()
        top = [value for candidate in prediction.top_k for value in (candidate.name, candidate.score)]
        # None is an empty cell
        table.writerow([*(content[key] for key in _COLUMNS), *top, *[''] * (2 * top_k - len(top))])
        out.flush()

    return write
