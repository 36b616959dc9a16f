"""Pictures of answers: any name, any shape of image."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vamp_mm.prediction import Candidate, Prediction
from vamp_mm.prediction.pictures import annotated, picture_path


def _prediction(*names: str, path: str | None = None) -> Prediction:
    top = tuple(Candidate(label, name, 1 / len(names)) for label, name in enumerate(names))
    return Prediction(
        3,
        path,
        0,
        names[0],
        top[0].score,
        top,
        0.5,
        0.5,
        0.0,
        0.0,
        False,
        np.full(len(names), 1 / len(names)),
    )


@pytest.mark.parametrize(
    'name',
    [
        '$x$',
        r'$\frac{$',
        'a_b',
        '日本語',
        'عربي',
        '\ud800',
        'a\nb',
        '\x1b[31m',
        '',
        'word ' * 5000,
        '🙂',
        '{}%s',
    ],
)
def test_names_are_drawn_as_they_are(name: str) -> None:
    blank = np.asarray(annotated(Image.new('RGB', (40, 30), 'red'), _prediction(' ', ' ')))
    drawn = np.asarray(annotated(Image.new('RGB', (40, 30), 'red'), _prediction(name, ' ')))
    assert drawn.shape == blank.shape
    differs = (drawn != blank).any(axis=2)
    assert differs.any() == any(char.isprintable() and char != '\ud800' for char in name)
    assert not differs[:, :9].any()  # nothing over the edges
    assert not differs[:, -9:].any()


def test_a_dollar_is_a_dollar() -> None:
    plain, dollars = (
        np.asarray(annotated(Image.new('RGB', (9, 9)), _prediction(name, ' ')))
        for name in ('x', '$x$')
    )
    dark = [(picture.astype(int).sum(axis=2) < 384).sum() for picture in (plain, dollars)]
    assert dark[1] > dark[0] + 20


@pytest.mark.parametrize('size', [(1, 1), (100, 1), (1, 100), (360, 4000), (5000, 50)])
def test_images_of_any_shape(size: tuple[int, int]) -> None:
    sheet = annotated(Image.new('RGB', size), _prediction('a', 'b'))
    assert sheet.width == 360
    assert 100 <= sheet.height <= 3 * 360 + 120


def test_a_long_list_of_classes_is_cut() -> None:
    assert (
        annotated(Image.new('RGB', (9, 9)), _prediction(*map(str, range(5000)))).height
        == 360 + 20 + 24 * 42
    )


def test_a_file_name_is_kept_as_far_as_file_systems_take_it(tmp_path: Path) -> None:
    for stem in ('a' * 250, 'é' * 120, '\x1b\n', os.fsdecode(b'\xe9'), '日本', '..'):
        path = picture_path(tmp_path, _prediction('x', 'y', path=f'/photos/{stem}.png'))
        assert path.parent == tmp_path
        assert path.name.startswith('00003_')
        path.write_bytes(b'')
