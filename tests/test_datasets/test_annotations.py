"""Readers of official files: paths, labels, names and order."""

from __future__ import annotations

from pathlib import Path

import official_trees as trees
import pytest

from vamp_mm.datasets import CATALOG, CatalogSource, Item
from vamp_mm.datasets.sources.official_files import Lists, OfficialFiles


def read(name: str, root: Path) -> Lists:
    row = CATALOG[name]
    assert row.reader is not None
    lists = row.reader(OfficialFiles(root, row.image_folder, 'Next step'))
    return {
        part: [item._replace(name=row.class_name(item.name)) for item in items]
        for part, items in lists.items()
    }


def test_oxford_pets(tmp_path: Path) -> None:
    trees.oxford_pets(tmp_path)
    lists = read('oxford_pets', tmp_path)
    assert lists['trainval'][0] == Item('Abyssinian_100.jpg', 0, 'abyssinian')
    assert lists['test'][1] == Item('american_bulldog_3.jpg', 1, 'american_bulldog')
    assert len(lists['trainval']) == 20


def test_stanford_cars_keep_the_folder_of_their_part(tmp_path: Path) -> None:
    trees.stanford_cars(tmp_path)
    lists = read('stanford_cars', tmp_path)
    assert lists['trainval'][:2] == [
        Item('cars_train/00001.jpg', 1, '2012 Audi TTS Coupe'),
        Item('cars_train/00002.jpg', 0, '2000 AM General Hummer SUV'),
    ]
    assert lists['test'][0].path == 'cars_test/00501.jpg'


def test_flowers102_in_number_order(tmp_path: Path) -> None:
    trees.oxford_flowers(tmp_path)
    assert read('oxford_flowers', tmp_path)['all'][:2] == [
        Item('image_00001.jpg', 1, 'passion flower'),
        Item('image_00002.jpg', 0, 'pink primrose'),
    ]


def test_sun397_reverses_the_parts_of_a_name(tmp_path: Path) -> None:
    trees.sun397(tmp_path)
    lists = read('sun397', tmp_path)
    assert lists['trainval'][0] == Item('a/abbey/sun_0.jpg', 0, 'abbey')
    assert lists['test'][5] == Item(
        'a/athletic_field/outdoor/sun_10.jpg', 1, 'outdoor athletic_field'
    )


def test_ucf101_in_its_own_class_order(tmp_path: Path) -> None:
    trees.ucf101(tmp_path)
    lists = read('ucf101', tmp_path)
    assert lists['trainval'][0] == Item('Yo_Yo/v_YoYo_g08_c00.jpg', 0, 'Yo_Yo')
    # the file keeps its own spelling
    assert lists['test'][5] == Item(
        'Handstand_Pushups/v_HandStandPushups_g01_c00.jpg', 1, 'Handstand_Pushups'
    )


def test_fgvc_aircraft_keeps_names_with_blanks_and_slashes(tmp_path: Path) -> None:
    trees.fgvc_aircraft(tmp_path)
    split = CatalogSource('fgvc_aircraft').read(str(tmp_path))
    assert split.classes[:3] == ('F-16A/B', 'Boeing 717', '737-0')
    assert split.train[1] == Item('00001.jpg', 1, 'Boeing 717')
    assert (len(split.train), len(split.val), len(split.test)) == (100, 100, 100)


@pytest.mark.parametrize(
    ('name', 'file', 'text', 'message'),
    [
        (
            'oxford_pets',
            'annotations/trainval.txt',
            'Abyssinian_1 x 1 1',
            "'x' is not a class number",
        ),
        ('oxford_pets', 'annotations/test.txt', 'Abyssinian_1', '1 fields, expected 2'),
        ('sun397', 'Training_01.txt', '/b/bar/sun_1.jpg', "the class 'b/bar' of .* is unknown"),
        ('ucf101', 'ucfTrainTestlist/trainlist01.txt', 'Jo/v.avi 1', "class 'Jo' of"),
        ('fgvc_aircraft', 'images_variant_val.txt', '123 F-16', "class 'F-16' of '123 F-16'"),
    ],
)
def test_a_faulty_line_is_named(
    tmp_path: Path, name: str, file: str, text: str, message: str
) -> None:
    getattr(trees, name)(tmp_path)
    trees.write(tmp_path, file, [text])
    with pytest.raises(ValueError, match=message):
        read(name, tmp_path)


@pytest.mark.parametrize(
    'name', [name for name, row in CATALOG.items() if row.reader and name != 'caltech101']
)
def test_a_missing_file_is_named_with_a_next_step(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError, match='does not exist. Next step'):
        read(name, tmp_path)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    trees.oxford_flowers(tmp_path)
    (tmp_path / 'imagelabels.mat').write_bytes(b'no MATLAB file')
    with pytest.raises(ValueError, match=r'imagelabels.mat cannot be read as a MATLAB 5 file'):
        read('oxford_flowers', tmp_path)
    trees.oxford_flowers(tmp_path)
    (tmp_path / 'cat_to_name.json').write_text('{"1": "pink primrose"}')
    with pytest.raises(ValueError, match=r'no name for the classes \[2\]'):
        read('oxford_flowers', tmp_path)
    (tmp_path / 'cat_to_name.json').write_text('{')
    with pytest.raises(ValueError, match='is not JSON'):
        read('oxford_flowers', tmp_path)
