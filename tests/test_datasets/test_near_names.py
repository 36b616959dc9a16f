"""Files that are there under another spelling."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from vamp_mm.datasets import FewShotDataset
from vamp_mm.datasets.near_names import near_name, spelt_otherwise


@pytest.mark.parametrize(
    ('listed', 'on_disk'),
    [
        ('Cats/001.jpg', 'cats/001.jpg'),
        ('cats/001.jpg', 'cats/001.JPG'),
        ('cats/001.jpg', 'Cats/001.jpeg'),
        (unicodedata.normalize('NFC', 'café/é.jpg'), unicodedata.normalize('NFD', 'café/é.jpg')),
    ],
)
def test_finds_the_file_that_is_meant(tmp_path: Path, listed: str, on_disk: str) -> None:
    file = tmp_path / on_disk
    file.parent.mkdir()
    file.touch()
    if (tmp_path / listed).exists():
        pytest.skip('this file system does not tell the two names apart')
    assert near_name(str(tmp_path / listed)) == str(file)
    sentence = spelt_otherwise([str(tmp_path / listed)])
    assert ascii(str(file)) in sentence  # shows what equal-looking names differ in
    assert 'Rename' in sentence


def test_says_nothing_about_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / 'cats').mkdir()
    assert near_name(str(tmp_path / 'cats' / '001.jpg')) is None
    assert spelt_otherwise([str(tmp_path / 'cats' / '001.jpg')]) == ''


def test_a_link_that_points_nowhere_is_called_so(tmp_path: Path) -> None:
    link = tmp_path / 'dead.png'
    link.symlink_to(tmp_path / 'gone.png')
    sentence = spelt_otherwise([str(link)])
    assert 'links that point nowhere' in sentence
    assert 'gone.png' in sentence
    assert 'Rename' not in sentence
    assert near_name(str(link)) is None


def test_the_dataset_says_so(arguments: dict, data_root: Path) -> None:
    lists = json.loads((data_root / 'split.json').read_text())
    lists['test'][0][0] = lists['test'][0][0].replace('.png', '.PNG')
    (data_root / 'split.json').write_text(json.dumps(lists))
    if (data_root / 'images' / lists['test'][0][0]).exists():
        pytest.skip('this file system does not tell the two names apart')
    with pytest.raises(FileNotFoundError, match='1 of 6 images.*Names differ in case.*test_0.png'):
        FewShotDataset(split='test', **arguments)
