"""Predictions as text, JSON lines and CSV."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from vamp_mm.evaluation.uncertainty_fields import UNCERTAINTIES

if TYPE_CHECKING:
    from .results import Prediction

FORMATS = ('text', 'jsonl', 'csv')
_COLUMNS = ('index', 'path', 'label', 'name', 'score', 'rejected', *UNCERTAINTIES)
#: Control characters (also those of 8 bits), line separators and marks that change the direction of writing.
_CONTROL = re.compile(
    '[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]'
)
#: A cell that begins with one of these is a formula to a spreadsheet; the wide forms likewise.
_FORMULA = tuple('=+-@\t\r\n＝＋－＠')


def writer(
    kind: str, out: TextIO, top_k: int, reject: str | None = None, threshold: float | None = None
) -> Callable[[Prediction], None]:
    """Choose a function that writes predictions one by one.

    Args:
        kind: One of :data:`FORMATS`.
        out: The stream to write to.
        top_k: Number of classes of which CSV has columns.
        reject: Uncertainty by which answers are withheld; text shows it.
        threshold: Its largest value that is still answered.

    Returns:
        The function.

    Raises:
        ValueError: If the format is unknown.
    """
    if kind == 'jsonl':
        return lambda prediction: _line(out, _json(prediction, _is_utf8(out)))
    if kind == 'csv':
        return _csv_writer(out, top_k)
    if kind == 'text':
        return lambda prediction: _line(out, as_text(prediction, reject, threshold))
    raise ValueError(f'format={kind!r} is unknown; allowed: {FORMATS}')


def as_text(
    prediction: Prediction, reject: str | None = None, threshold: float | None = None
) -> str:
    """One line for a person to read.

    Args:
        prediction: The answer.
        reject: Uncertainty by which answers are withheld, None to show predictive entropy only.
        threshold: Its largest value that is still answered.

    Returns:
        File, class and score or ``NOT SURE``, the other classes, and the uncertainty.
    """
    where = visible(prediction.path) if prediction.path is not None else f'image {prediction.index}'
    name = reject or 'predictive_entropy'
    value = f'{name} {getattr(prediction, name):.3f}'
    shown = [f'{visible(candidate.name)} {candidate.score:.3f}' for candidate in prediction.top_k]
    if prediction.rejected:
        return f'{where}: NOT SURE ({value} > {threshold:g}), perhaps {", ".join(shown)}'
    others = f' ({", ".join(shown[1:])})' if shown[1:] else ''
    return f'{where}: {shown[0]}{others}, {value}'


def visible(text: str) -> str:
    """A name on one line, harmless to a terminal.

    Args:
        text: A file or class name, which may hold anything.

    Returns:
        The name with control characters as Python writes them (``\\n``, ``\\x1b``), otherwise unchanged.
    """
    return _CONTROL.sub(lambda match: match[0].encode('unicode_escape').decode('ascii'), text)


def cell(text: str) -> str:
    """A name as a cell of CSV: on one line, and not a formula.

    Args:
        text: A file or class name.

    Returns:
        The visible name, preceded by ``'`` where a spreadsheet would take it for a formula.
    """
    return ("'" if text.startswith(_FORMULA) else '') + visible(text)


def writable(text: str, encoding: str | None) -> str:
    """Escape what an encoding cannot write; undecoded bytes of a file name are kept.

    Args:
        text: Any text.
        encoding: Encoding of the stream; None if it takes any character.

    Returns:
        The text, with the other characters as Python escapes them.
    """
    if encoding is None or _fits(text, encoding):
        return text
    return ''.join(
        sign if _fits(sign, encoding) else sign.encode('ascii', 'backslashreplace').decode('ascii')
        for sign in text
    )


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding, 'surrogateescape')
    except UnicodeEncodeError:
        return False
    return True


def _is_utf8(out: TextIO) -> bool:
    encoding = getattr(out, 'encoding', None)
    return encoding is None or codecs.lookup(encoding).name == 'utf-8'


def _json(prediction: Prediction, utf8: bool) -> str:
    """JSON that holds every name exactly and is valid in the encoding of the stream.

    Bytes of a file name that are not UTF-8 are escaped so that os.fsencode restores them, and so are control characters.
    """
    text = json.dumps(prediction.as_dict(), ensure_ascii=not utf8)
    text = _CONTROL.sub(lambda match: f'\\u{ord(match[0]):04x}', text)
    return text.encode('utf-8', 'backslashreplace').decode('utf-8')


def _line(out: TextIO, text: str) -> None:
    out.write(writable(text, getattr(out, 'encoding', None)) + '\n')
    out.flush()


def _csv_writer(out: TextIO, top_k: int) -> Callable[[Prediction], None]:
    encoding = getattr(out, 'encoding', None)
    table = csv.writer(out, lineterminator='\n')
    table.writerow(
        [
            *_COLUMNS,
            *(f'top{rank}_{what}' for rank in range(1, top_k + 1) for what in ('name', 'score')),
        ]
    )

    def write(prediction: Prediction) -> None:
        content = prediction.as_dict()
        top = [
            value for candidate in prediction.top_k for value in (candidate.name, candidate.score)
        ]
        # None is an empty cell
        row = [*(content[key] for key in _COLUMNS), *top, *[''] * (2 * top_k - len(top))]
        table.writerow(
            [writable(cell(value), encoding) if isinstance(value, str) else value for value in row]
        )
        out.flush()

    return write
