"""Python literals read as data: nothing is ever executed."""

from __future__ import annotations

import ast
from typing import Any


def read_dicts(value: Any) -> Any:
    """A value of ``--cfg-options`` with the dicts in it, which MMEngine leaves as text.

    Args:
        value: Any value; text ``dict(...)`` in it, or in a list or tuple of it, is read.

    Returns:
        The value.

    Raises:
        ValueError: If such text holds anything but literals.
    """
    if isinstance(value, (list, tuple)):
        return type(value)(map(read_dicts, value))
    if not (isinstance(value, str) and value.startswith('dict(') and value.endswith(')')):
        return value
    try:
        return read_literal(ast.parse(value, mode='eval').body)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ValueError(f'{value!r} holds something else than plain values (words stand in quotes): {error}') from error


def read_literal(node: ast.expr) -> Any:
    """The value of an expression that consists of literals.

    Args:
        node: Parsed expression.

    Returns:
        None, a bool, number or string, or lists, tuples and dicts of them, ``dict(...)`` included.

    Raises:
        ValueError: If there is anything else in it.
    """
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, (bool, int, float, str))):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = read_literal(node.operand)
        if type(value) in (int, float):
            return -value
    if isinstance(node, ast.List):
        return [read_literal(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(read_literal(item) for item in node.elts)
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {read_literal(key): read_literal(value) for key, value in zip(node.keys, node.values, strict=True) if key}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict':
        return _called_dict(node)
    raise ValueError(f'line {node.lineno} holds something else than literals')


def _called_dict(node: ast.Call) -> dict[Any, Any]:
    """``dict(a=1)``, or ``dict({'a': 1})`` as MMEngine writes keys that are no names."""
    if len(node.args) > 1 or any(not isinstance(item, ast.Dict) for item in node.args):
        raise ValueError(f'line {node.lineno} calls dict with something else than literals')
    value = read_literal(node.args[0]) if node.args else {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise ValueError(f'line {node.lineno} unpacks a dict')
        value[keyword.arg] = read_literal(keyword.value)
    return value
