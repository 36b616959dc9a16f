"""What verify finds in broken data, and that it says what to do."""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from vamp_mm.data_tools.verify import Verified, verify
from vamp_mm.datasets.verify import ERROR, NOTE, WARNING

SIZES = dict(train=3, val=1, test=2)
NAMES = ('red ball', 'tree')


def draw(file: Path, seed: int, mode: str = 'RGB', **options: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(file, **options)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Sound own data: a split file beside its images, two classes."""
    lists: dict[str, list] = {part: [] for part in SIZES}
    seed = 0
    for label, name in enumerate(NAMES):
        for part, count in SIZES.items():
            for index in range(count):
                path, seed = f'images/{label}/{part}_{index}.png', seed + 1
                draw(tmp_path / 'own' / path, seed)
                lists[part].append([path, label, name])
    (tmp_path / 'own' / 'split.json').write_text(json.dumps(lists), encoding='utf-8')
    return tmp_path / 'own'


def run(root: Path, **arguments: bool) -> tuple[Verified, str]:
    printed = io.StringIO()
    verified = verify(
        str(root / 'split.json'),
        console=Console(file=printed, width=200, soft_wrap=True),
        workers=1,
        **arguments,
    )
    return verified, printed.getvalue()


def found(verified: Verified, level: str) -> list[str]:
    return [finding.what for finding in verified.findings if finding.level == level]


def test_sound_data_are_ok(root: Path) -> None:
    verified, printed = run(root)
    assert verified.ok
    assert verified.images == 12
    assert not found(verified, ERROR) + found(verified, WARNING)
    assert verified.counts[0].found == (2, 6, 2, 4)
    assert verified.counts[1].found == (1, 3, 1, 2)
    assert '2 classes have fewer than 16 images in train' in printed
    assert printed.splitlines()[-1].startswith('ok: 0 errors, 0 warnings, 12 images read')


def test_missing_images_are_counted_and_ten_are_named(root: Path) -> None:
    for path in sorted((root / 'images').rglob('*.png'))[1:]:
        path.unlink()
    verified, printed = run(root)
    assert not verified.ok
    assert '11 of 12 listed images are missing' in printed
    assert printed.count('.png') == 10
    assert '... and 1 more' in printed
    assert '  -> unpack the images there' in printed


def test_names_that_differ_in_case_or_unicode_are_told_apart_from_missing_ones(root: Path) -> None:
    lists = json.loads((root / 'split.json').read_text())
    name = unicodedata.normalize('NFC', 'images/0/café.png')
    lists['train'][1][0] = name
    (root / 'images/0/train_1.png').rename(root / unicodedata.normalize('NFD', name))
    (root / 'images/0/train_0.png').rename(root / 'images/0/Train_0.PNG')
    (root / 'split.json').write_text(json.dumps(lists), encoding='utf-8')
    verified, printed = run(root)
    assert found(verified, ERROR) == [
        '2 listed images are there under a name that differs in case or Unicode form'
    ]
    assert 'images/0/train_0.png is there as images/0/Train_0.PNG' in printed


def test_unreadable_images_are_errors_and_odd_ones_notes(root: Path) -> None:
    whole = (root / 'images/0/train_0.png').read_bytes()
    (root / 'images/0/train_0.png').write_bytes(whole[:200])
    (root / 'images/0/train_1.png').write_bytes(b'')
    draw(root / 'images/0/train_2.png', 90, mode='L')
    exif = Image.Exif()
    exif[0x0112] = 6
    draw(root / 'images/1/train_0.png', 91, exif=exif)
    draw(root / 'images/1/spare.png', 92)
    verified, printed = run(root)
    assert found(verified, ERROR) == ['2 of 12 images cannot be read']
    assert 'images/0/train_1.png (train): the file is empty' in printed
    notes = ' / '.join(found(verified, NOTE))
    assert '1 images are not RGB (1 L)' in notes
    assert '1 images ask for a rotation' in notes
    assert '1 images on disk are in no list' in notes
    assert run(root, decode=False)[0].ok  # presence only


def test_the_same_bytes_twice(root: Path) -> None:
    images = root / 'images'
    (images / '0/test_0.png').write_bytes((images / '0/train_0.png').read_bytes())
    (images / '1/train_1.png').write_bytes((images / '0/train_1.png').read_bytes())
    (images / '1/train_2.png').write_bytes((images / '1/train_0.png').read_bytes())
    verified, printed = run(root)
    assert verified.ok  # published lists have such pairs too
    assert found(verified, WARNING) == [
        '1 images of test are in train or val too, byte for byte',
        '1 images stand for two classes, byte for byte',
    ]
    assert (
        'images/0/train_0.png (train, red ball) = images/0/test_0.png (test, red ball)' in printed
    )
    assert any('in the same class' in what for what in found(verified, NOTE))


def test_a_folder_without_any_image_is_one_error(root: Path) -> None:
    for path in (root / 'images').rglob('*.png'):
        path.unlink()
    verified, printed = run(root)
    assert not verified.ok
    assert 'the lists cannot be read' in printed


def test_lists_that_cannot_be_read_are_one_error(root: Path) -> None:
    lists = json.loads((root / 'split.json').read_text())
    lists['test'].append(lists['train'][0])
    (root / 'split.json').write_text(json.dumps(lists), encoding='utf-8')
    verified, printed = run(root)
    assert not verified.ok
    assert 'leaks one into the other' in printed


def icons(folder: Path, classes: int = 50) -> Path:
    """The layout of a catalog dataset with lists of other lengths."""
    lists: dict[str, list] = {part: [] for part in SIZES}
    for label in range(classes):
        for part in SIZES:
            path = f'{label}/{part}.png'
            draw(folder / 'icons' / 'images' / path, 3 * label + len(part))
            lists[part].append([path, label, f'class {label}'])
    (folder / 'icons' / 'split_icons.json').write_text(json.dumps(lists), encoding='utf-8')
    return folder


def test_counts_are_compared_with_the_catalog(tmp_path: Path) -> None:
    printed = io.StringIO()
    folder = icons(tmp_path)
    for root in (folder, folder / 'icons'):  # the folder of all datasets, or of this one
        verified = verify(
            'icons',
            str(root),
            console=Console(file=printed, width=200, soft_wrap=True),
            decode=False,
        )
        assert not verified.ok
        assert 'all classes, train: 50 instead of 1200' in printed.getvalue()
        assert '50 (published: 1,200)' in printed.getvalue()


def test_a_name_that_is_none() -> None:
    with pytest.raises(FileNotFoundError, match="did you mean 'caltech101'"):
        verify('caltech')
    with pytest.raises(FileNotFoundError, match='is neither a folder or file of your own'):
        verify('no/such/folder')
    printed = io.StringIO()
    assert not verify(
        'dtd', 'no/such/folder', console=Console(file=printed, width=200, soft_wrap=True)
    ).ok
    assert 'does not exist' in printed.getvalue()


def check(path: str) -> tuple[Verified, str]:
    printed = io.StringIO()
    return verify(
        path, console=Console(file=printed, width=200, soft_wrap=True), workers=1
    ), printed.getvalue()


def test_folders_that_are_no_classes_are_not_ok(tmp_path: Path) -> None:
    for index in range(8):
        draw(
            tmp_path / 'ham' / f'HAM10000_images_part_{index % 2 + 1}' / f'ISIC_{index:07d}.jpg',
            index,
        )
    rows = ''.join(
        f'HAM_{index},ISIC_{index:07d},{"nv" if index % 4 < 2 else "mel"}\n' for index in range(8)
    )
    (tmp_path / 'ham' / 'meta.csv').write_text(f'lesion_id,image_id,dx\n{rows}')
    verified, printed = check(str(tmp_path / 'ham'))
    assert not verified.ok
    step = f'{tmp_path}/ham/meta.csv#path=image_id,class=COLUMN'
    assert f"give '{step}' with one of 'lesion_id', 'dx' as COLUMN" in printed
    verified, printed = check(step.replace('COLUMN', 'dx'))
    assert verified.ok
    assert verified.counts[0].found == (2, 4, 2, 2)
    assert verified.title == 'ham'


def test_what_is_no_image_and_what_is_not_read_is_counted(tmp_path: Path) -> None:
    for name in 'ab':
        for index in range(4):
            draw(tmp_path / 'own' / name / f'{index}.jfif', index + ord(name))
    (tmp_path / 'own' / 'a' / 'notes.txt').write_text('x')
    (tmp_path / 'own' / 'a' / 'IMG.HEIC').write_bytes(b'x')
    (tmp_path / 'own' / 'staff.csv').write_text('name,room\nAda,1\n')
    verified, _ = check(str(tmp_path / 'own'))
    assert verified.ok
    notes = found(verified, NOTE)
    assert (
        f'2 file(s) under {tmp_path}/own are not images and were left out: .heic 1, .txt 1' in notes
    )
    assert (
        "not read: staff.csv (has no column for the path. Columns found: ['name', 'room']); the lists come from "
        'the class folders'
    ) in found(verified, WARNING)


def test_one_class_is_a_warning(tmp_path: Path) -> None:
    for part in ('train', 'test'):
        draw(tmp_path / 'own' / part / 'cat' / '0.png', len(part))
    verified, _ = check(str(tmp_path / 'own'))
    assert "there is one class only, 'cat': its probability is 1 whatever the model does" in found(
        verified, WARNING
    )
