"""What the page says of a model before it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vamp_mm.demo.examples import NAMES
from vamp_mm.demo.offers import Offer
from vamp_mm.demo.trained_on import described, first_names, written
from vamp_mm.demo.typed import class_names


def _offer(folder: Path, classes: tuple[str, ...] | None, arch: str | None = 'ViT-B-16') -> Offer:
    meta: dict = {'settings': {} if arch is None else {'model.backbone.arch': repr(arch)}}
    if classes is not None:
        meta['dataset_meta'] = {'classes': list(classes)}
    torch.save({'state_dict': {'a': torch.zeros(1)}, 'meta': meta}, folder / 'epoch_3.pth')
    return Offer('run/epoch_3.pth', folder / 'epoch_3.pth')


@given(
    st.lists(st.text('abc ,"\'-', min_size=1).map(str.strip).filter(bool), min_size=2, max_size=6)
)
def test_names_read_as_they_are_written(names: list[str]) -> None:
    assert class_names(written(names)) == tuple(names)


def test_the_field_holds_the_classes_of_the_training(tmp_path: Path) -> None:
    offer = _offer(tmp_path, ('jay', 'sea, and sky'))
    assert first_names(offer) == 'jay, "sea, and sky"'
    assert described(offer) == 'run/epoch_3.pth (ViT-B-16, 2 classes)'


def test_many_classes_are_all_meant_by_an_empty_field(tmp_path: Path) -> None:
    many = tuple(f'class {number}' for number in range(61))
    assert first_names(_offer(tmp_path, many[:60])) == ', '.join(many[:60])
    assert first_names(_offer(tmp_path, many)) == ''
    assert described(_offer(tmp_path, many)) == 'run/epoch_3.pth (ViT-B-16, 61 classes)'


@pytest.mark.parametrize('content', [b'', b'nonsense'])
def test_a_file_that_cannot_be_read_keeps_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / 'epoch_1.pth').write_bytes(content)
    offer = Offer('a.pth', tmp_path / 'epoch_1.pth')
    assert (first_names(offer), described(offer)) == ('', 'a.pth')


def test_what_is_not_recorded_is_left_out(tmp_path: Path) -> None:
    offer = _offer(tmp_path, None, None)
    assert (first_names(offer), described(offer)) == ('', 'run/epoch_3.pth')
    embedded = Offer('zero-shot CLIP', None, tmp_path / 'a.py', embedded=True)
    assert (first_names(embedded), described(embedded)) == (', '.join(NAMES), 'zero-shot CLIP')
