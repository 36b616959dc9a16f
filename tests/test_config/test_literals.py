"""A value that is typed arrives as it was written."""

from __future__ import annotations

import ast
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vamp_mm.config.literals import MAX_DEPTH, MAX_DIGITS, read_literal, read_value

_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


def _same(found: Any, value: Any) -> bool:
    # 1 is not True, and 0.0 is not -0.0
    return type(found) is type(value) and repr(found) == repr(value)


def _is_literal(text: str) -> bool:
    """By Python's own reader, which ``dict(...)`` and comments are no part of."""
    try:
        ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


@given(_VALUES)
@example([{'a b': (1, -2.5e-300, None)}, 'an icon of a, "b" = c #', ()])
def test_what_python_writes_is_read_back(value: Any) -> None:
    assert _same(read_value(repr(value)), value)


@given(st.text().filter(lambda text: not _is_literal(text) and 'dict' not in text))
@example('an icon of a')
@example('a, b')
@example('/my weights/ViT B.pt')
@example('a=b=c')
@example('[a, b]')
@example('dict(type=Bare)')
@example("dict(a=__import__('os'))")
@example("f'{1}'")
@example('true')
@example('none')
@example(' a ')
@example('')
@example("it's")
@example('写真 \udcff')
@example('1e-3x')
@example('1 # not a comment')
@example('--1')
@example('a\0b')
@example('dict(**dict(a=1))')
@example('dict(1)')
@example('dict(a=1) or dict(b=2)')
def test_anything_else_is_the_text(text: str) -> None:
    assert read_value(text) == text


@pytest.mark.parametrize(('text', 'value'), [
    ('dict(a=1,b=2)', {'a': 1, 'b': 2}),
    ("{'a': 1, 'b': 2}", {'a': 1, 'b': 2}),
    ("dict(type='A', n=-1, more=dict(x=[1.5, None, True]))", {'type': 'A', 'n': -1, 'more': {'x': [1.5, None, True]}}),
    ("[dict(type='A'), 'word', 3]", [{'type': 'A'}, 'word', 3]),
    ("dict({'a b': 1}, c=dict())", {'a b': 1, 'c': {}}),
    ('1,2', (1, 2)), ('(1,)', (1,)), ('-1', -1), ('+1', 1), ('1e-3', 0.001), ('1_000', 1000), ('0x10', 16), ('-0.0', -0.0),
    ("'1'", '1'), ('"a, b"', 'a, b'), ("'a' 'b'", 'ab'), ("'#'", '#'), ('  5', 5), ('[1,\n 2]', [1, 2]),
])  # fmt: skip
def test_literals(text: str, value: Any) -> None:
    assert _same(read_value(text), value)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{1, 2}', 'a set is not a value of a config'),
        ("b'a'", 'bytes are not a value'),
        ('[1, 2j]', 'a complex number is not a value'),
        ('...', 'three dots are not a value'),
        ('1e400', 'larger than any float'),
        ("{'a': 1, 'a': 2}", "the key 'a' is written twice"),
        ("dict({'a': 1}, a=2)", "the key 'a' is written twice"),
        ("{1: 'a', True: 'b'}", 'the key True is written twice'),
        ('dict(a=1, a=2)', "the key 'a' is written twice"),
        ('{[1]: 2}', r'key of a dict cannot be a list'),
        ('9' * 5000, f'has 5000 digits; at most {MAX_DIGITS}'),
        ('-' + '9' * 5000, 'has 5000 digits'),
        ('[' + '9' * 5000 + ']', f'more than {MAX_DIGITS} digits'),
        ('0x' + 'f' * 5000, f'more than {MAX_DIGITS} digits'),
        ('[' * 60 + ']' * 60, f'more than {MAX_DEPTH} deep'),
        ('[' * 5000 + ']' * 5000, f'more than {MAX_DEPTH} deep'),
        ('dict(a=' * 5000 + '1' + ')' * 5000, f'more than {MAX_DEPTH} deep'),
    ],
)
def test_literals_that_no_config_can_hold(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_value(text)


def test_size_of_what_is_read() -> None:
    assert read_value('[' * MAX_DEPTH + ']' * MAX_DEPTH) is not None
    assert read_value('9' * MAX_DIGITS) == 10**MAX_DIGITS - 1
    assert math.isclose(read_value('1.' + '0' * 5000), 1.0)


def test_an_expression_of_a_stored_config() -> None:
    node = ast.parse("model = dict(type='A', size=(1, 2))").body[0]
    assert isinstance(node, ast.Assign)
    assert read_literal(node.value) == {'type': 'A', 'size': (1, 2)}
    with pytest.raises(ValueError, match='line 1 holds something other than literals'):
        read_literal(ast.parse('open("x")', mode='eval').body)
