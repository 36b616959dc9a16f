"""What lies in a folder is answered about or named; and options that are looked at first."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from vamp_mm.config.errors import ConfigError, WorkDirError
from vamp_mm.datasets import DataError
from vamp_mm.datasets.image_files import IMAGE_SUFFIXES
from vamp_mm.prediction import files
from vamp_mm.prediction.folders import images_below, summary
from vamp_mm.prediction.options import chosen_names, new_folder, require_inputs


def _below(folder: Path) -> tuple[list[str], dict[str, str], dict[str, str]]:
    passed_over: list = []
    closed: list = []
    images = images_below(str(folder), passed_over, closed)
    return (
        [os.path.relpath(path, folder) for path in images],
        {os.path.relpath(path, folder): reason for path, reason in passed_over},
        {os.path.relpath(path, folder): reason for path, reason in closed},
    )


def test_every_file_is_an_image_or_has_a_reason(tmp_path, monkeypatch):
    names = [f'image{number}{suffix}' for number, suffix in enumerate(sorted(IMAGE_SUFFIXES))]
    for name in [
        *names,
        'UPPER.JFIF',
        'sub/deep/a.png',
        '.hidden.png',
        '.folder/a.png',
        'Thumbs.db',
        'notes.txt',
        'README',
        'film.mp4',
        'sub/table.csv',
    ]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b'x')
    os.mkfifo(tmp_path / 'pipe.png')
    os.mkfifo(tmp_path / 'pipe')
    (tmp_path / 'device.jpg').symlink_to('/dev/null')
    (tmp_path / 'gone').symlink_to('nowhere')
    (tmp_path / 'gone.jpg').symlink_to('nowhere.jpg')
    (tmp_path / 'sub' / 'up').symlink_to('..')
    (tmp_path / 'empty').mkdir()
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind('socket.png')
        images, passed_over, closed = _below(tmp_path)
    # reading a broken link fails, and is said
    assert images == sorted([*names, 'UPPER.JFIF', 'gone.jpg', 'sub/deep/a.png'])
    assert passed_over == {
        '.hidden.png': 'hidden',
        '.folder': 'hidden',
        'Thumbs.db': 'hidden',
        'notes.txt': 'not an image by its extension',
        'README': 'not an image by its extension',
        'film.mp4': 'not an image by its extension',
        'sub/table.csv': 'not an image by its extension',
        'pipe.png': 'a FIFO and no file',
        'pipe': 'a FIFO and no file',
        'device.jpg': 'a device and no file',
        'socket.png': 'a socket and no file',
        'gone': 'a broken link',
        'sub/up': f'a link back to {os.path.realpath(tmp_path)!r}, which holds it',
    }
    assert closed == {}


def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_listed(tmp_path, monkeypatch):
    for name in ('a/x.png', 'b/y.png'):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b'x')
    scandir = os.scandir

    def refusing(path):
        if os.path.basename(path) == 'a':
            raise PermissionError(13, 'Permission denied')
        return scandir(path)

    monkeypatch.setattr(os, 'scandir', refusing)
    assert _below(tmp_path) == (
        ['b/y.png'],
        {},
        {'a': 'the folder cannot be read: permission denied'},
    )


def test_a_very_deep_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(1100):
        os.mkdir('d')
        os.chdir('d')
    Path('x.png').write_bytes(b'x')
    os.chdir(tmp_path)
    images, _, _ = _below(Path('d'))
    os.chdir(Path(*['d'] * 1100))
    os.remove('x.png')
    for _ in range(1100):  # shutil.rmtree cannot
        os.chdir('..')
        os.rmdir('d')
    assert [len(path) for path in images] == [2 * 1099 + len('x.png')]


def test_links_that_lead_to_each_other_end(tmp_path):
    for name, other in (('a', 'b'), ('b', 'a')):
        (tmp_path / 'in' / name).mkdir(parents=True)
        (tmp_path / 'in' / name / 'x.png').write_bytes(b'x')
        (tmp_path / 'in' / name / 'to').symlink_to(f'../{other}')
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'y.png').write_bytes(b'x')
    (tmp_path / 'in' / 'away').symlink_to('../out')
    (tmp_path / 'out' / 'home').symlink_to('..')
    images, passed_over, _ = _below(tmp_path / 'in')
    assert images == ['a/to/x.png', 'a/x.png', 'away/y.png', 'b/to/x.png', 'b/x.png']
    assert sorted(passed_over) == ['a/to/to', 'away/home', 'b/to/to']


def test_the_summary_counts_and_names(tmp_path):
    for name in [*(f'{number}.txt' for number in range(8)), 'a\nb.csv', '.x']:
        (tmp_path / name).write_bytes(b'x')
    passed_over: list = []
    assert images_below(str(tmp_path), passed_over, []) == []
    txt, *others = summary(
        [item._replace(path=os.path.basename(item.path)) for item in passed_over]
    )
    assert (
        txt
        == "not an image by its extension '.txt' (8): '0.txt', '1.txt', '2.txt', '3.txt', '4.txt', ... and 3 more"
    )
    assert others == [
        f'a folder without images (1): {tmp_path.name!r}',
        "hidden (1): '.x'",
        "not an image by its extension '.csv' (1): 'a\\nb.csv'",
    ]


def test_class_names_of_a_file(tmp_path):
    file = tmp_path / 'names.txt'
    file.write_bytes('\ufeffcat\r\n\r\n  red panda \n{}$x$\n-5 °C'.encode())
    assert chosen_names(None, file) == ['cat', 'red panda', '{}$x$', '-5 °C']
    assert chosen_names(['a', 'b'], None) == ['a', 'b']
    assert chosen_names(None, None) is None
    with pytest.raises(ConfigError, match='give one of them'):
        chosen_names(['a'], file)
    for content, message in ((b'\xff\xfe', 'is not UTF-8 text'), (b' \n', 'holds no class name')):
        file.write_bytes(content)
        with pytest.raises(DataError, match=message):
            chosen_names(None, file)
    with pytest.raises(DataError, match='does not exist'):
        chosen_names(None, tmp_path / 'absent.txt')
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(DataError, match='is not a regular file'):
        chosen_names(None, tmp_path / 'pipe')
    with open(file, 'wb') as sparse:
        sparse.truncate(2**33)
    with pytest.raises(DataError, match='has 8,589,934,592 bytes, at most 16,777,216 are read'):
        chosen_names(None, file)


def test_pictures_go_to_a_folder_of_their_own(tmp_path):
    (tmp_path / 'photos').mkdir()
    (tmp_path / 'link').symlink_to('photos')
    for place in ('photos', 'photos/out', 'link/out', 'photos/../photos/x/y'):
        with pytest.raises(WorkDirError, match='is inside the folder of images'):
            new_folder(tmp_path / place, ['other', str(tmp_path / 'photos')])
    assert new_folder(tmp_path / 'photos2' / 'out', [str(tmp_path / 'photos')]).is_dir()
    (tmp_path / 'file').write_text('x')
    for place, message in (('file', 'is a file'), ('file/out', 'cannot be used: Not a directory')):
        with pytest.raises(WorkDirError, match=message):
            new_folder(tmp_path / place, [])


def test_inputs_of_which_none_exists_are_refused_with_names_like_theirs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'dogs').mkdir()
    (tmp_path / 'gone.png').symlink_to('nowhere.png')
    require_inputs(['dogs', 'cats'])  # cats will be reported among the images that cannot be read
    require_inputs(['gone.png'])
    for given, message in (
        (['dogg'], r"'dogg' does not exist \(seen from .*\); did you mean 'dogs'\?"),
        (
            ['xyz', 'dogg', 'c'],
            r"none of the 3 inputs exists, such as 'xyz' .*; give image files or folders",
        ),
        (['a\0b'], 'does not exist'),
    ):
        with pytest.raises(DataError, match=message):
            require_inputs(given)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(images=['no.png']), "'no.png' does not exist"),
        (dict(reject='pred_std'), 'needs a threshold'),
        (dict(threshold=1.0), 'needs an uncertainty'),
        (dict(top_k=0), 'top_k=0 must be an integer from 1 to 100,000'),
        (dict(batch_size=0), 'batch_size=0 must be an integer of at least 1'),
        (dict(classes=['cat']), 'needs two'),
        (dict(classes=['cat', 'Cat']), 'several labels'),
        (dict(templates=['a photo']), "must hold exactly one '{}'"),
    ],
)
def test_wrong_options_show_before_a_model_is_loaded(tmp_path, monkeypatch, options, message):
    def loaded(*_: object) -> None:
        raise AssertionError('a model was loaded')

    monkeypatch.setattr(files, 'Predictor', loaded)
    (tmp_path / 'a.png').write_bytes(b'x')
    with pytest.raises((ConfigError, DataError), match=message):
        files.predict_files(
            **{'checkpoint': 'x.pth', 'images': [str(tmp_path / 'a.png')], **options}
        )
