"""Long lists and texts in messages are cut, and the reader sees that they were."""

from __future__ import annotations

from vamp_mm.messages import cut, some


def test_a_cut_list_counts_the_rest() -> None:
    assert some([]) == ''
    assert some(['a', 2]) == 'a, 2'
    assert some(range(10)) == '0, 1, 2, 3, 4, 5, 6, 7, 8, 9'
    assert some(range(11)) == '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... and 1 more'
    assert some('abcd', '; ', most=2) == 'a; b; ... and 2 more'


def test_a_cut_text_ends_in_dots() -> None:
    assert cut('x' * 60) == 'x' * 60
    assert cut('x' * 61) == 'x' * 60 + '...'
    assert cut('abc', 2) == 'ab...'
