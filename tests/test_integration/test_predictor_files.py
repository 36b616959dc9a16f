"""Folders of all sorts of files, and images of all sorts of pixels."""

from __future__ import annotations

import io
import os
from pathlib import Path

import micro as world
import numpy as np
import pytest
from micro_runs import Finished
from PIL import Image

from vamp_mm.apis import Predictor
from vamp_mm.datasets import read_rgb
from vamp_mm.datasets.errors import ImageError


@pytest.fixture(scope='module')
def predictor(finished: Finished) -> Predictor:
    """Of the trained VaMP, from the checkpoint alone."""
    return Predictor(finished.file)


@pytest.fixture(scope='module')
def files(micro: world.Micro) -> list[str]:
    """A test image of each class."""
    return [str(micro.root / 'data' / 'images' / f'{label}/test_0.png') for label in range(6)]


def test_a_folder_says_what_it_has_no_answer_about(finished, predictor, files, tmp_path, capsys):
    folder = tmp_path / 'photos'
    (folder / 'sub').mkdir(parents=True)
    whole = Path(files[0]).read_bytes()
    for name in ('a.png', 'sub/b.PNG', '=c\n.png'):
        (folder / name).write_bytes(whole)
    (folder / 'cut.png').write_bytes(whole[:300])
    (folder / 'empty.jpg').write_bytes(b'')
    (folder / 'long.png').write_bytes(_png(1_000_000, 1))
    (folder / 'gone.png').symlink_to('nowhere.png')
    (folder / 'notes.txt').write_text('x')
    (folder / '.hidden').write_text('x')
    os.mkfifo(folder / 'pipe.png')
    assert world.command('predict.py', finished.file, folder) == 1
    said = capsys.readouterr()
    assert [line.split(': ')[0] for line in said.out.splitlines()] == [
        f'{folder}/{name}' for name in ('=c\\n.png', 'a.png', 'sub/b.PNG')
    ]
    for line in (
        f'not answered: {folder}/cut.png: image file is truncated',
        f'not answered: {folder}/empty.jpg: it is not an image, or its format is unknown',
        f'not answered: {folder}/gone.png: it is a broken link',
        f"passed over, not an image by its extension '.txt' (1): '{folder}/notes.txt'",
        f"passed over, hidden (1): '{folder}/.hidden'",
        f"passed over, a FIFO and no file (1): '{folder}/pipe.png'",
        '3 answered, 0 rejected, 4 unreadable, 3 passed over',
    ):
        assert line in said.err.splitlines()
    assert 'long.png: it has 1,000,000 x 1 pixels' in said.err
    assert world.command('predict.py', finished.file, folder, '--unreadable', 'error') != 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2  # those before it are answered
    assert said.err.count('cut.png') == 1
    answers = predictor(folder, unreadable='skip')
    assert [Path(path).name for path, _ in answers.skipped] == [
        'cut.png',
        'empty.jpg',
        'gone.png',
        'long.png',
    ]
    assert [Path(path).name for path, _ in answers.passed_over] == [
        '.hidden',
        'notes.txt',
        'pipe.png',
    ]
    stream = predictor.stream([folder / 'sub', folder], unreadable='skip', batch_size=1)
    assert next(stream).path == f'{folder}/sub/b.PNG'
    assert stream.skipped == stream.passed_over == []
    assert len(list(stream)) == 3
    assert len(stream.skipped) == 4
    for wrong in ('pipe.png', '.hidden'):
        assert world.command('predict.py', finished.file, folder / wrong) != 0
        assert capsys.readouterr().err.count(f'{folder / wrong}') == 1


def _png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new('1', (width, height)).save(out, 'PNG')
    return out.getvalue()


@pytest.mark.parametrize('mode', ['1', 'L', 'P', 'LA', 'RGBA', 'CMYK', 'I;16', 'I', 'F'])
def test_modes_of_images_are_read_as_in_training_or_refused(predictor, tmp_path, mode):
    rng = np.random.default_rng(3)
    base = Image.fromarray(rng.integers(0, 256, (40, 30, 4), dtype=np.uint8), 'RGBA')
    deep = {'I;16': np.uint16, 'I': np.int32, 'F': np.float32}
    if mode in deep:
        image = Image.fromarray(rng.integers(0, 2**16, (40, 30)).astype(deep[mode]))
    else:
        image = base if mode == 'RGBA' else base.convert('RGB').convert(mode)
    file = tmp_path / f'image.{"tif" if mode in ("CMYK", "F", "I") else "png"}'
    image.save(file, **(dict(transparency=0) if mode == 'P' else {}))
    with Image.open(file) as opened:
        # Pillow before 10.3 opens 16 bits as 32
        assert opened.mode in (mode, mode.split(';')[0])
    try:
        expected = np.asarray(read_rgb(str(file)))
    except ImageError:
        expected = None
    assert (expected is None) == (mode in deep)
    for given in (file, Image.open(file), image):
        if expected is None:
            with pytest.raises(ImageError, match='cannot read image'):
                predictor(given)
        else:
            np.testing.assert_array_equal(predictor(given)[0].scores, predictor(expected)[0].scores)


def test_the_first_frame_is_answered_about_and_nothing_is_turned(predictor, files, tmp_path):
    frames = [Image.open(file).convert('RGB') for file in files[:3]]
    frames[0].save(tmp_path / 'pages.tif', save_all=True, append_images=frames[1:])
    exif = frames[0].getexif()
    exif[274] = 6
    frames[0].save(tmp_path / 'turned.png', exif=exif)
    expected = predictor(frames[0])[0].scores
    for name in ('pages.tif', 'turned.png'):
        np.testing.assert_array_equal(predictor(tmp_path / name)[0].scores, expected)
