"""Names of methods, datasets and classes in every format of tables: as text, never as markup, formulas or commands."""

from __future__ import annotations

import html
import re
import unicodedata

#: Starts a formula in spreadsheets, also in the wide forms of the signs.
_FORMULA = tuple('=+-@\t\r\n＝＋－＠')
_NUMBER = re.compile(r'[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|inf|nan)|-')
#: What Markdown interprets inside a line; an underscore within a word has no meaning.
_MARKDOWN = re.compile(r'[\\`*\[\]|~]|(?<!\w)_|_(?!\w)')


def printable(text: object) -> str:
    """A name on one line, without control characters.

    Args:
        text: Any text. Blanks and line breaks become one blank each; control characters, marks that turn the direction of
            writing and halves of surrogate pairs become escapes such as ``\\x1b``.

    Returns:
        Text that is safe in any file and on any terminal.
    """
    line = ' '.join(str(text).split())
    return ''.join(
        char.encode('unicode_escape', 'surrogatepass').decode('ascii')
        if unicodedata.category(char) in ('Cc', 'Cs')
        or char in '\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'
        else char
        for char in line
    )


def markdown_text(text: str) -> str:
    """Text for a cell, a heading or a sentence of a Markdown page, with all markup escaped."""
    text = ' '.join(html.escape(text, quote=False).split())
    return _MARKDOWN.sub(lambda found: '\\' + found.group(), text)


def csv_cell(text: str) -> str:
    """Text for a CSV cell; what a spreadsheet would read as a formula gets an apostrophe in front."""
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text
