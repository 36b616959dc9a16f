"""Images are looked at before a run: missing, damaged, of other modes, twice under two names."""

from __future__ import annotations

import shutil
from pathlib import Path

import own
from PIL import Image

from vamp_mm.datasets import Item
from vamp_mm.datasets.image_audit import audit_images


def _audit(root: Path, train: list[str], test: list[str]):
    lists = {
        part: [Item(path, 0, 'a') for path in paths]
        for part, paths in (('train', train), ('test', test))
    }
    return audit_images(root, lists, [*train, *test])


def test_sound_images_give_no_findings(tmp_path: Path) -> None:
    own.folders(tmp_path, {'.': 4})
    audit = _audit(tmp_path, ['0.png', '1.png'], ['2.png', '3.png'])
    assert (audit.checked, audit.faults(), audit.notes()) == (4, [], [])


def test_damaged_and_missing_images_are_faults(tmp_path: Path) -> None:
    own.folders(tmp_path, {'.': 3}, '.jpg')
    whole = (tmp_path / '0.jpg').read_bytes()
    (tmp_path / '0.jpg').write_bytes(whole[: len(whole) * 2 // 3])
    (tmp_path / '1.jpg').write_text('no image')
    Image.new('I;16', (4, 4)).save(tmp_path / 'deep.png')
    audit = _audit(tmp_path, ['0.jpg', '1.jpg', 'gone.jpg'], ['2.jpg', 'deep.png'])
    assert set(audit.unreadable) == {'0.jpg', '1.jpg', 'deep.png'}
    missing, unreadable = audit.faults()
    assert missing == '1 images are missing: gone.jpg'
    assert '3 images cannot be read' in unreadable
    assert 'runcated' in unreadable
    assert 'more than 8 bits' in unreadable


def test_other_modes_are_counted(tmp_path: Path) -> None:
    for index, mode in enumerate(('L', 'RGBA', 'P', 'L', 'RGB')):
        own.draw(tmp_path / f'{index}.png', index, mode)
    audit = _audit(tmp_path, [f'{index}.png' for index in range(5)], [])
    assert audit.converted == {'L': 2, 'RGBA': 1, 'P': 1}
    assert audit.notes()[0].startswith('4 of 5 images are not RGB')


def test_equal_files_in_training_and_test_are_counted(tmp_path: Path) -> None:
    own.folders(tmp_path, {'.': 5})
    shutil.copy(tmp_path / '0.png', tmp_path / 'again.png')
    shutil.copy(tmp_path / '1.png', tmp_path / 'twice.png')  # both in training: no leak
    audit = _audit(tmp_path, ['0.png', '1.png', 'twice.png'], ['2.png', 'again.png'])
    assert audit.twins == (('train: 0.png', 'test: again.png'),)
    assert audit.notes()[0].startswith('WARNING: 1 image(s) are in two parts under different names')
