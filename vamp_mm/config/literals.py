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
from collections.abc import Iterable
from typing import Any

#: Brackets inside brackets; no config comes near it.
MAX_DEPTH = 50
#: Digits of an integer: Python's own bound for reading one.
MAX_DIGITS = 4300
_TOO_DEEP = f'brackets lie more than {MAX_DEPTH} deep in each other'


class NotLiteralError(ValueError):
    """Text or an expression that is no literal."""


def read_value(text: str) -> Any:
    """The value that a piece of text stands for.

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
            # of escapes such as '\d' in text that is no literal anyway
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
    except UnicodeEncodeError:  # bytes of a file name that are no UTF-8
        return text
    except ValueError as error:
        if '\0' in text:
            return text
        raise ValueError(f'{error}; put the words in quotes if the text is meant') from error


def read_literal(node: ast.expr, depth: int = 0) -> Any:
    """The value of an expression that consists of literals.

    Args:
        node: Parsed expression.
        depth: Brackets around it.

    Returns:
        None, a bool, number or string, or lists, tuples and dicts of them, ``dict(...)`` included.

    Raises:
        NotLiteralError: If there is anything else in it.
        ValueError: If it is a literal that a config cannot hold.
    """
    if depth > MAX_DEPTH:
        raise ValueError(_TOO_DEEP)
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        return _signed(node)
    if isinstance(node, ast.List):
        return [read_literal(item, depth + 1) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(read_literal(item, depth + 1) for item in node.elts)
    if isinstance(node, ast.Set):
        for item in node.elts:
            read_literal(item, depth + 1)  # {name} is no literal
        raise ValueError('a set is no value of a config')
    if isinstance(node, ast.Dict):
        return _dict(node, depth)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict':
        return _called_dict(node, depth)
    raise NotLiteralError(f'line {node.lineno} holds something else than literals')


def _constant(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        raise ValueError('the number is larger than any float')
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:  # written in another base than 10
        raise ValueError(f'the number has more than {MAX_DIGITS} digits')
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    kind = {'ellipsis': 'three dots are', 'bytes': 'bytes are'}.get(
        type(value).__name__, 'a complex number is'
    )
    raise ValueError(f'{kind} no value of a config')


def _signed(node: ast.UnaryOp) -> Any:
    value = node.operand.value if isinstance(node.operand, ast.Constant) else None
    if type(value) not in (int, float, complex):
        raise NotLiteralError(f'line {node.lineno} holds something else than literals')
    number = _constant(value)
    return -number if isinstance(node.op, ast.USub) else number


def _dict(node: ast.Dict, depth: int) -> dict[Any, Any]:
    pairs = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            raise NotLiteralError(f'line {node.lineno} unpacks a dict')
        pairs.append((read_literal(key, depth + 1), read_literal(value, depth + 1)))
    return _once(pairs)


def _called_dict(node: ast.Call, depth: int) -> dict[Any, Any]:
    """``dict(a=1)``, or ``dict({'a': 1})`` as MMEngine writes keys that are no names."""
    if len(node.args) > 1 or any(not isinstance(item, ast.Dict) for item in node.args):
        raise NotLiteralError(f'line {node.lineno} calls dict with something else than literals')
    pairs = list(read_literal(node.args[0], depth).items()) if node.args else []
    for keyword in node.keywords:
        if keyword.arg is None:
            raise NotLiteralError(f'line {node.lineno} unpacks a dict')
        pairs.append((keyword.arg, read_literal(keyword.value, depth + 1)))
    return _once(pairs)


def _once(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """A dict of pairs in which no key is written twice: Python would take the last in silence."""
    found: dict[Any, Any] = {}
    for key, value in pairs:
        try:
            twice = key in found
        except TypeError as error:
            raise ValueError(f'{key!r} is no key of a dict') from error
        if twice:
            raise ValueError(f'the key {key!r} is written twice in one dict')
        found[key] = value
    return found


def _digits(text: str) -> int:
    """Digits of a decimal integer; 0 for any other text."""
    number = text.strip().lstrip('+-').replace('_', '')
    return len(number) if number.isascii() and number.isdecimal() else 0


def _has_comment(text: str) -> bool:
    return any(
        token.type == tokenize.COMMENT
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
    )
