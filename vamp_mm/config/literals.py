"""Python literals read as data: nothing is ever executed.

The one rule for a value that is typed: what Python's literal syntax (and ``dict(...)``) reads is that value; everything
else is the text, whole.
"""

from __future__ import annotations

import ast
import io
import math
import tokenize
import warnings
from typing import Any

#: Brackets inside brackets; no config comes near it.
MAX_DEPTH = 50
#: Digits of an integer: Python's own bound for reading one.
MAX_DIGITS = 4300
_TOO_DEEP = f'brackets are nested more than {MAX_DEPTH} deep'
_KINDS = {
    'ellipsis': 'three dots are',
    'bytes': 'bytes are',
    'set': 'a set is',
    'complex': 'a complex number is',
}


class NotLiteralError(ValueError):
    """Text or an expression that is not a literal."""


def read_value(text: str) -> Any:
    """The value that a piece of text denotes.

    Args:
        text: What a user typed, for example ``0.5``, ``None``, ``[1, 2]``, ``dict(type='X')`` or ``a photo of a``.

    Returns:
        None, a bool, a number, a string, or lists, tuples and dicts of them where the text is such a literal; else the
        text itself, unchanged.

    Raises:
        ValueError: If the text is a literal that a config cannot hold: a set, bytes, a complex number, ``...``, a key
            twice, a number too large, brackets too deep in each other.
    """
    if _digits(text) > MAX_DIGITS:
        raise ValueError(f'the number has {_digits(text)} digits; at most {MAX_DIGITS} are read')
    try:
        with warnings.catch_warnings():
            # of escapes such as '\d' in text that is not a literal anyway
            warnings.simplefilter('ignore')
            node = ast.parse(text.lstrip(' \t'), mode='eval').body
        if '#' in text and _has_comment(text.lstrip(' \t')):
            return text  # Python would drop what follows
        return read_literal(node)
    except (NotLiteralError, SyntaxError) as error:
        if 'too many nested' in str(error):
            raise ValueError(_TOO_DEEP) from error
        if 'integer string conversion' in str(error):  # a long number inside brackets
            raise ValueError(f'a number has more than {MAX_DIGITS} digits') from error
        return text
    except (RecursionError, MemoryError) as error:
        raise ValueError(_TOO_DEEP) from error
    except UnicodeEncodeError:  # bytes of a file name that are not UTF-8
        return text
    except ValueError as error:
        if '\0' in text:
            return text
        raise ValueError(f'{error}; put the words in quotes if the text is meant') from error


def read_literal(node: ast.expr) -> Any:
    """The value of an expression that consists of literals, by ``ast.literal_eval``.

    Args:
        node: Parsed expression.

    Returns:
        None, a bool, number or string, or lists, tuples and dicts of them, ``dict(...)`` included.

    Raises:
        NotLiteralError: If there is anything else in it.
        ValueError: If it is a literal that a config cannot hold.
    """
    displays = _Displays().visit(node)
    try:
        value = ast.literal_eval(displays)
    except TypeError as error:
        raise ValueError(f'a key of a dict cannot be a list, dict or set ({error})') from error
    except ValueError as error:
        raise _not_literal(node) from error
    _check(value)
    return value


class _Displays(ast.NodeTransformer):
    """``dict(a=1)`` becomes ``{'a': 1}``; refuses brackets that are too deep, and a key twice."""

    def __init__(self) -> None:
        self._depth = 0

    def generic_visit(self, node: ast.AST) -> ast.AST:
        self._depth += isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Call))
        if self._depth > MAX_DEPTH:
            raise ValueError(_TOO_DEEP)
        found = super().generic_visit(node)
        self._depth -= isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Call))
        return found

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``dict(a=1)``, or ``dict({'a': 1}, b=2)`` as MMEngine writes keys that are not names."""
        display = isinstance(node.func, ast.Name) and node.func.id == 'dict'
        first = node.args[0] if len(node.args) == 1 else ast.Dict([], [])
        if not display or len(node.args) > 1 or not isinstance(first, ast.Dict):
            raise _not_literal(node)
        named = [keyword for keyword in node.keywords if keyword.arg is not None]
        if len(named) < len(node.keywords):  # **more
            raise _not_literal(node)
        keys = [*first.keys, *(ast.Constant(keyword.arg) for keyword in named)]
        values = [*first.values, *(keyword.value for keyword in named)]
        return self.visit_Dict(ast.copy_location(ast.Dict(keys, values), node))

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """Python itself would take the last of two equal keys silently."""
        self.generic_visit(node)
        try:
            keys = [ast.literal_eval(key) for key in node.keys if key is not None]
        except (ValueError, TypeError):
            return node  # which literal_eval refuses as a whole
        twice = [key for place, key in enumerate(keys) if key in keys[:place]]
        if twice:
            raise ValueError(f'the key {twice[0]!r} is written twice in one dict')
        return node


def _check(value: Any) -> None:
    """Refuse values that Python writes as literals and a config cannot hold."""
    if isinstance(value, dict):
        for pair in value.items():
            _check(pair)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif isinstance(value, float) and math.isinf(value):
        raise ValueError('the number is larger than any float')
    elif isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:  # written in another base than 10
        raise ValueError(f'the number has more than {MAX_DIGITS} digits')
    elif value is not None and not isinstance(value, (bool, int, float, str)):
        raise ValueError(f'{_KINDS.get(type(value).__name__, "this")} not a value of a config')


def _not_literal(node: ast.expr) -> NotLiteralError:
    return NotLiteralError(f'line {node.lineno} holds something other than literals')


def _digits(text: str) -> int:
    """Digits of a decimal integer; 0 for any other text."""
    number = text.strip().lstrip('+-').replace('_', '')
    return len(number) if number.isascii() and number.isdecimal() else 0


def _has_comment(text: str) -> bool:
    return any(
        token.type == tokenize.COMMENT
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
    )
