"""What is read in a block stays as it was read; without a block everything is read each time."""

from __future__ import annotations

from pathlib import Path

import own
import pytest

from vamp_mm.datasets.read_once import once, reading_once
from vamp_mm.datasets.sources import build_source
from vamp_mm.datasets.sources.scan import list_files

CONFIG = dict(type='vamp_mm.ImageFolder', undivided='.')


def _classes(root: Path) -> tuple[str, ...]:
    return build_source(CONFIG).read(str(root)).classes


def test_a_run_does_not_see_changes_and_the_next_one_does(tmp_path: Path) -> None:
    root = own.folders(tmp_path, {'cat': 4, 'dog': 4})
    with reading_once():
        assert _classes(root) == ('cat', 'dog')
        own.folders(root, {'eel': 4})
        with reading_once():  # a block inside has the same memory
            assert _classes(root) == ('cat', 'dog')
        assert _classes(root) == ('cat', 'dog')
    assert _classes(root) == ('cat', 'dog', 'eel')
    own.folders(root, {'fox': 4})
    assert _classes(root) == ('cat', 'dog', 'eel', 'fox')


def test_other_settings_are_read_for_themselves(tmp_path: Path) -> None:
    root = own.folders(tmp_path, {'cat': 8, 'dog': 8})
    with reading_once():
        first, second = (
            build_source({**CONFIG, 'split_seed': seed}).read(str(root)) for seed in (1, 2)
        )
    assert first.train != second.train


def test_an_error_is_not_kept(tmp_path: Path) -> None:
    with reading_once():
        with pytest.raises(FileNotFoundError):
            once('text', tmp_path / 'a', None, (tmp_path / 'a').read_text)
        (tmp_path / 'a').write_text('there')
        assert once('text', tmp_path / 'a', None, (tmp_path / 'a').read_text) == 'there'


def test_a_link_to_nothing_and_a_pipe_are_told_apart_as_before(tmp_path: Path) -> None:
    own.draw(tmp_path / 'cat.png')
    (tmp_path / 'gone.png').symlink_to(tmp_path / 'nowhere.png')
    (tmp_path / 'loop.png').symlink_to(tmp_path / 'loop.png')
    listing = list_files(tmp_path)
    # links that point nowhere count, so that they are found missing
    assert listing.images == ('cat.png', 'gone.png', 'loop.png')
