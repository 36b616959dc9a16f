"""Class folders, with and without parts, whole and broken."""

from __future__ import annotations

import os
import random
import unicodedata
import unittest.mock
from pathlib import Path

import own
import pytest
from mmengine.logging import MMLogger

from vamp_mm.datasets import DataError, FewShotDataset
from vamp_mm.datasets.errors import ImageError
from vamp_mm.datasets.sources import ImageFolder
from vamp_mm.datasets.sources.detect import detect
from vamp_mm.datasets.sources.scan import has_images


def test_parts_are_read_in_sorted_order(tmp_path: Path) -> None:
    counts = {
        'train/b_b': 3,
        'train/a': 11,
        'train/Z': 2,
        'test/a': 1,
        'test/b_b': 2,
        'test/Z': 1,
        'val/a': 1,
    }
    own.folders(tmp_path, counts)
    split = ImageFolder(train='train', val='val', test='test').read(str(tmp_path))
    assert split.classes == ('Z', 'a', 'b_b')  # by code point, capitals first
    assert [item.path for item in split.train[:4]] == [
        'train/Z/0.png',
        'train/Z/1.png',
        'train/a/0.png',
        'train/a/1.png',
    ]
    assert split.train[4].path == 'train/a/10.png'
    assert [item.label for item in split.test] == [0, 1, 2, 2]
    assert len(split.val) == 1


def test_images_below_class_folders_count_and_hidden_ones_do_not(tmp_path: Path) -> None:
    own.folders(
        tmp_path,
        {'train/a/deep/down': 2, 'train/a': 1, 'train/b': 1, 'test/a': 1, 'test/b': 1},
        '.JPEG',
    )
    for name in ('.hidden.png', '._0.jpg', '.cache/x.png', '__MACOSX/0.png'):
        own.draw(tmp_path / 'train' / 'a' / name)
    (tmp_path / 'train' / '.git').mkdir()
    (tmp_path / 'train' / 'a' / 'notes.txt').write_text('x')
    (tmp_path / 'train' / 'b' / 'list.csv').write_text('x')
    source = ImageFolder(train='train', test='test')
    split = source.read(str(tmp_path))
    assert [item.path for item in split.train] == [
        'train/a/0.JPEG',
        'train/a/deep/down/0.JPEG',
        'train/a/deep/down/1.JPEG',
        'train/b/0.JPEG',
    ]
    (note,) = source.notes(str(tmp_path))
    assert note.startswith('2 file(s)')
    assert '.txt 1' in note
    assert '.csv 1' in note


def test_a_tree_without_parts_is_divided_50_20_30_by_class(tmp_path: Path) -> None:
    own.folders(tmp_path, {'ant': 10, 'bee': 7})
    source = ImageFolder(undivided='.', split_seed=3)
    split = source.read(str(tmp_path))
    assert [len(part) for part in (split.train, split.val, split.test)] == [5 + 4, 2 + 1, 3 + 2]
    # the recipe, written out: one generator, classes in label order, train then val then test
    rng = random.Random(3)
    names = [f'ant/{index}.png' for index in range(10)]
    rng.shuffle(names)
    assert [item.path for item in split.train[:5]] == names[:5]
    assert [item.path for item in split.test[:3]] == names[7:]
    assert source.read(str(tmp_path)) == split
    assert ImageFolder(undivided='.', split_seed=4).read(str(tmp_path)).test != split.test
    assert '50/20/30' in source.notes(str(tmp_path))[0]
    assert 'seed 3' in source.notes(str(tmp_path))[0]


def test_class_folders_for_testing_only(tmp_path: Path) -> None:
    own.folders(tmp_path, {'ant': 2, 'bee': 1})
    source = dict(type='ImageFolder', test='.')
    assert len(FewShotDataset(str(tmp_path), source, split='test')) == 3
    with pytest.raises(ValueError, match='no train images'):
        FewShotDataset(str(tmp_path), source)


def test_val_that_serves_as_test_is_said(tmp_path: Path) -> None:
    own.folders(tmp_path, {'train/a': 2, 'train/b': 2, 'val/a': 1, 'val/b': 1})
    source = ImageFolder(train='train', test='val')
    assert len(source.read(str(tmp_path)).test) == 2
    assert 'val is the test list' in source.notes(str(tmp_path))[0]


@pytest.mark.parametrize(('counts', 'says'), [
    ({'train/a': 2, 'train/b': 2, 'train/c': 0, 'test/a': 1, 'test/b': 1}, "1 of 3 class folders .* no image .*: c"),
    ({'train/a': 2, 'train/b': 2, 'test/a': 1, 'test/b': 1, 'test/new': 1}, 'no image in train: new'),
    ({'train/a': 2, 'train/b': 2, 'train/old': 1, 'test/a': 1, 'test/b': 1}, 'no image in test: old'),
    ({'train/Cat': 2, 'train/cat': 2, 'test/Cat': 1, 'test/cat': 1}, "'Cat' = 'cat'"),
    ({'train/red_ball': 2, 'train/b': 2, 'test/red ball': 1, 'test/b': 1}, "'red ball' = 'red_ball'"),
])  # fmt: skip
def test_faulty_class_folders_are_explained(tmp_path: Path, counts: dict, says: str) -> None:
    own.folders(tmp_path, counts)
    for name in counts:
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    with pytest.raises(DataError, match=says):
        ImageFolder(train='train', test='test').read(str(tmp_path))


def test_a_class_too_small_to_divide_is_named(tmp_path: Path) -> None:
    own.folders(tmp_path, {'ant': 4, 'bee': 1, 'cow': 3})
    with pytest.raises(
        DataError, match=r"2 class\(es\) have too few images .*'bee' \(1\), 'cow' \(3\)"
    ):
        ImageFolder(undivided='.').read(str(tmp_path))


def test_images_beside_class_folders_are_refused(tmp_path: Path) -> None:
    own.folders(tmp_path, {'ant': 4, 'bee': 4})
    own.draw(tmp_path / 'stray.png')
    with pytest.raises(DataError, match='stray.png'):
        ImageFolder(undivided='.').read(str(tmp_path))


def test_names_are_composed_and_two_forms_of_one_name_are_refused(tmp_path: Path) -> None:
    composed, apart = (unicodedata.normalize(form, 'café') for form in ('NFC', 'NFD'))
    own.folders(tmp_path / 'mac', {apart: 4, 'tea': 4})
    assert ImageFolder(undivided='.').read(str(tmp_path / 'mac')).classes == (composed, 'tea')
    own.folders(
        tmp_path / 'both', {f'train/{apart}': 1, 'train/b': 1, f'test/{composed}': 1, 'test/b': 1}
    )
    split = ImageFolder(train='train', test='test').read(str(tmp_path / 'both'))
    assert split.classes == ('b', composed)
    assert os.path.exists(tmp_path / 'both' / split.train[-1].path)


def test_a_link_to_a_folder_above_ends(tmp_path: Path) -> None:
    own.folders(tmp_path, {'ant': 4, 'bee': 4})
    (tmp_path / 'ant' / 'up').symlink_to(tmp_path / 'ant', target_is_directory=True)
    assert len(ImageFolder(undivided='.').read(str(tmp_path)).train) == 4


@pytest.mark.parametrize(
    'arguments', [{}, dict(train='a'), dict(test='a', undivided='.'), dict(train='a', val='b')]
)
def test_contradicting_folders_are_refused(arguments: dict) -> None:
    with pytest.raises(ValueError, match='undivided'):
        ImageFolder(**arguments)


def test_a_link_that_pulls_in_other_classes_is_refused(tmp_path: Path) -> None:
    own.folders(tmp_path, {'ant': 4, 'bee': 4})
    (tmp_path / 'ant' / 'up').symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(DataError, match=r'ant/up is a link to .*Remove the link'):
        ImageFolder(undivided='.').read(str(tmp_path))


def test_what_cannot_be_listed_or_vanishes_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.folders(tmp_path, {'a': 4, 'b': 4, 'c': 4})
    scandir = os.scandir

    def refuse(path: str | os.PathLike) -> object:
        if Path(path).name == 'b':
            raise PermissionError(13, 'Permission denied')
        return scandir(path)

    monkeypatch.setattr(os, 'scandir', refuse)  # root may read everything
    for read in (
        detect,
        lambda path: ImageFolder(undivided='.').read(str(path)),
        lambda path: has_images(path / 'b'),
    ):
        with pytest.raises(DataError, match='cannot read the folder .*b: Permission denied'):
            read(tmp_path)
    monkeypatch.setattr(os, 'scandir', scandir)
    (tmp_path / 'b' / '0.png').unlink()
    (tmp_path / 'b' / '0.png').symlink_to(tmp_path / 'gone.png')
    (tmp_path / 'b' / 'loop.png').symlink_to(tmp_path / 'b' / 'loop.png')
    (tmp_path / 'loop').symlink_to(tmp_path / 'loop')
    os.mkfifo(tmp_path / 'b' / 'fifo.png')
    source = ImageFolder(test='.')
    assert [item.path for item in source.read(str(tmp_path)).test if item.name == 'b'] == [
        'b/0.png',
        'b/1.png',
        'b/2.png',
        'b/3.png',
        'b/loop.png',
    ]
    assert source.notes(str(tmp_path)) == (
        f'1 file(s) under {tmp_path} are not images and were left out: .png 1',
    )
    with pytest.raises(
        FileNotFoundError,
        match=r'2 of 13 images of the test split are missing .*: .*0.png.*loop.png.* links',
    ):
        FewShotDataset(str(tmp_path), source, split='test')
    (tmp_path / 'b' / '0.png').unlink()
    (tmp_path / 'b' / 'loop.png').unlink()
    data = FewShotDataset(str(tmp_path), source, split='test', pipeline=[dict(type='LoadRGBImage')])
    (tmp_path / 'b' / '1.png').unlink()
    with pytest.raises(ImageError, match="cannot read image '.*b/1.png': .*No such file"):
        data[4]


def test_a_truncated_image_ends_a_run_or_is_left_out(tmp_path: Path) -> None:
    own.folders(tmp_path, {'a': 4, 'b': 4})
    whole = (tmp_path / 'a' / '0.png').read_bytes()
    (tmp_path / 'a' / '0.png').write_bytes(whole[: len(whole) // 2])
    options = dict(
        data_root=str(tmp_path),
        source=ImageFolder(test='.'),
        split='test',
        pipeline=[dict(type='LoadRGBImage')],
    )
    with pytest.raises(
        ImageError,
        match="cannot read image '.*a/0.png': .*; replace the file, or set unreadable='skip'",
    ):
        FewShotDataset(**options)[0]
    data = FewShotDataset(**options, unreadable='skip')
    assert (len(data), data.skipped) == (7, (str(tmp_path / 'a' / '0.png'),))


def test_one_class_is_not_trained_on(tmp_path: Path) -> None:
    own.folders(tmp_path, {'cat': 4})
    options = dict(data_root=str(tmp_path), source=dict(type='ImageFolder', undivided='.'))
    with pytest.raises(
        DataError,
        match=r"there is one class only, 'cat' \(class_split='all'\), .* two classes or more are needed",
    ):
        FewShotDataset(**options, split='train')
    own.folders(tmp_path, {'dog': 4})
    with pytest.raises(DataError, match=r"one class only, 'cat' \(class_split='base'\)"):
        FewShotDataset(**options, split='train', class_split='base')
    logged: list[str] = []
    with unittest.mock.patch.object(
        MMLogger, 'warning', lambda self, message: logged.append(message)
    ):
        assert len(FewShotDataset(**options, split='test', class_split='base')) == 1
    assert [line for line in logged if 'accuracy of 100 on the test images means nothing' in line]
