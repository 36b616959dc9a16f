"""Files of class names: what is read, and what is refused before it costs anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from vamp_mm.datasets import DataError
from vamp_mm.datasets.sources.class_file import read_class_names


def test_lines_lists_and_objects(tmp_path: Path) -> None:
    for name, text in (
        ('c.txt', 'ant\nbee\n'),
        ('c.json', '["ant", "bee"]'),
        ('d.json', '{"1": "bee", "0": "ant"}'),
    ):
        (tmp_path / name).write_bytes(b'\xef\xbb\xbf' + text.encode())
        assert read_class_names(tmp_path / name) == ('ant', 'bee')
    eleven = ', '.join(f'"{label}": "c{label}"' for label in reversed(range(11)))
    (tmp_path / 'e.json').write_text(f'{{{eleven}}}')
    assert read_class_names(tmp_path / 'e.json') == tuple(f'c{label}' for label in range(11))


@pytest.mark.parametrize(
    'names',
    [('0', '1', '2'), ('2 of hearts', '7 of spades'), ('1 euro', 'ant'), ('3d printer', '4 x 4')],
)
def test_names_that_begin_with_numbers_are_names(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / 'c.txt').write_text('\n'.join(names))
    assert read_class_names(tmp_path / 'c.txt') == names


@pytest.mark.parametrize(('name', 'text', 'says'), [
    ('c.json', '{"0": "ant", "0": "bee"}', "c.json has the key '0' twice in one object"),
    ('c.json', '{"' + '9' * 5000 + '": "ant"}', 'do not run from 0 to 0'),
    ('c.json', '{"1": "ant"}', r"the labels \['1'\] do not run from 0 to 0"),
    ('c.json', '[NaN]', 'holds NaN'),
    ('c.json', '[' * 100_000, 'nested too deeply'),
    ('c.json', '[1]', 'there is no name for label 0'),
    ('c.txt', 'ant\n\nbee\n', 'there is no name for label 1'),
    ('c.txt', 'ant\nant\n', r"the names \['ant'\] stand for several labels"),
    ('c.txt', 'ant\nb\x07e\n', r"the class name of label 1 is 'b\\x07e', which holds a control character"),
    ('c.txt', '0 archive\n1 bee\n', r"every line begins with a number \('0 archive'\); write the names alone"),
    ('c.txt', '2\tbee\n1\t001.Ant\n', 'every line begins with a number'),
    ('c.txt', 'x' * 10_000, 'label 0 has 10,000 characters, at most 1,000'),
    ('c.txt', ''.join(f'{number}\n' for number in range(1_000_000)), 'has 1,000,000 class names; at most 100,000 are allowed'),
])  # fmt: skip
def test_what_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=says) as error:
        read_class_names(tmp_path / name)
    assert len(str(error.value)) < 500
