"""The catalog: rows that agree with themselves, published files, regenerated lists, new splits."""

from __future__ import annotations

import hashlib
import json
import os
import random
from pathlib import Path

import official_trees as trees
import pytest

from vamp_mm.datasets import CATALOG, CatalogSource, FewShotDataset, read_split
from vamp_mm.datasets.class_splits import class_range
from vamp_mm.datasets.digests import list_digest
from vamp_mm.datasets.split_writing import write_split
from vamp_mm.structures import Vocabulary


@pytest.mark.parametrize('row', CATALOG.values(), ids=list(CATALOG))
def test_rows_agree_with_themselves(row) -> None:
    assert Vocabulary(names=('x',), templates=(row.template,)).templates == (row.template,)
    for half, counts in (('base', row.base), ('novel', row.novel)):
        if counts is not None:
            assert counts.classes == len(class_range(half, row.counts.classes))
    if row.base and row.novel:
        for part in ('train', 'val', 'test'):
            numbers = [getattr(counts, part) for counts in (row.base, row.novel, row.counts)]
            assert None in numbers or numbers[0] + numbers[1] == numbers[2]
    assert len({other.folder for other in CATALOG.values()}) == len(CATALOG)


def test_an_unknown_name_is_answered_with_a_near_one() -> None:
    with pytest.raises(ValueError, match="did you mean 'oxford_pets'"):
        CatalogSource('OxfordPets')


def test_caltech101_needs_no_split_file(tmp_path: Path) -> None:
    split = CatalogSource('caltech101').read(str(tmp_path))
    # hashes of the published lists
    assert (
        list_digest(split.train)
        == 'bb44032a66f97ea6895fd774ec9a73153031ae0491f9e2cf1e70b36b7da2825d'
    )
    assert (
        list_digest(split.val) == 'e5b9bcfd6d3446de7cd42b111ec84a5bb269f3ca63f7427f610048ca67a252d2'
    )
    assert (
        list_digest(split.test)
        == 'c8a3b6e69a2a986bbb807874ba3d9d18b5b0d95c15766c7164a3cb45e034f4db'
    )
    assert split.classes[:6] == ('face', 'leopard', 'motorbike', 'accordion', 'airplane', 'anchor')


def test_caltech101_is_written_as_the_published_file_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / 'split.json'
    write_split(CatalogSource('caltech101').read(str(tmp_path)), file)
    assert file.stat().st_size == 809184
    assert hashlib.sha256(file.read_bytes()).hexdigest() == (
        '52ce83205ff8ff8a1a18119aad6376120ae35c36e783a984bc560cbf10e73fa5'
    )


def test_a_published_file_alone_says_labels_and_names(tmp_path: Path) -> None:
    trees.oxford_pets(tmp_path)  # annotations that say otherwise
    lists = dict(train=[['x.jpg', 0, 'odd']], val=[], test=[['y.jpg', 0, 'odd']])
    (tmp_path / 'split_zhou_OxfordPets.json').write_text(json.dumps(lists))
    split = CatalogSource('oxford_pets').read(str(tmp_path))
    assert split.classes == ('odd',)
    assert split.train[0].path == 'x.jpg'


def test_changed_annotations_are_not_taken_for_the_published_lists(tmp_path: Path) -> None:
    trees.oxford_pets(tmp_path)
    with pytest.raises(
        ValueError, match='do not give the published lists: 2 classes, published 37'
    ):
        CatalogSource('oxford_pets').read(str(tmp_path))
    split = CatalogSource('oxford_pets', new_split=True).read(str(tmp_path))
    assert (len(split.train), len(split.val), len(split.test)) == (16, 4, 2)


@pytest.mark.parametrize('name', ['dtd', 'eurosat', 'food101'])
def test_no_split_is_invented_in_silence(tmp_path: Path, name: str) -> None:
    row = CATALOG[name]
    trees.class_folders(tmp_path, row.image_folder, ('Forest', 'River'))
    with pytest.raises(FileNotFoundError, match=rf'{row.split_file} does not exist.*--new-split'):
        CatalogSource(name).read(str(tmp_path))


def test_a_new_split_is_kept_under_its_own_name(tmp_path: Path) -> None:
    trees.class_folders(tmp_path, '2750', ('SeaLake', 'Forest'))
    random.seed(5)
    state = random.getstate()
    split = CatalogSource('eurosat', new_split=True).read(str(tmp_path))
    assert random.getstate() == state
    assert split.classes == ('Forest', 'Sea or Lake')
    assert (len(split.train), len(split.val), len(split.test)) == (10, 4, 6)
    assert [file.name for file in tmp_path.glob('*.json')] == ['split_new_eurosat.json']
    assert read_split(tmp_path / 'split_new_eurosat.json') == split
    trees.touch(tmp_path, '2750/Forest/Forest_99.jpg')  # what comes later does not change it
    assert CatalogSource('eurosat', new_split=True).read(str(tmp_path)) == split
    with pytest.raises(FileNotFoundError, match='--new-split'):
        CatalogSource('eurosat').read(str(tmp_path))


@pytest.mark.skipif(os.name == 'posix' and os.geteuid() == 0, reason='root writes everywhere')
def test_a_new_split_where_nothing_can_be_written(tmp_path: Path) -> None:
    trees.class_folders(tmp_path, '2750', ('SeaLake', 'Forest'))
    tmp_path.chmod(0o555)
    first = CatalogSource('eurosat', new_split=True).read(str(tmp_path))
    assert CatalogSource('eurosat', new_split=True).read(str(tmp_path)) == first


def test_a_new_split_that_cannot_be_kept_is_the_same_each_time(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError('read-only')

    trees.class_folders(tmp_path, '2750', ('SeaLake', 'Forest'))
    monkeypatch.setattr('vamp_mm.datasets.sources.catalog_source.write_split', refuse)
    first = CatalogSource('eurosat', new_split=True).read(str(tmp_path))
    assert not list(tmp_path.glob('*.json'))
    assert CatalogSource('eurosat', new_split=True).read(str(tmp_path)) == first


def test_new_split_has_no_meaning_where_lists_are_official() -> None:
    with pytest.raises(ValueError, match='its lists are official'):
        CatalogSource('fgvc_aircraft', new_split=True)


def test_a_class_too_small_for_three_parts_is_named(tmp_path: Path) -> None:
    trees.class_folders(tmp_path, '2750', ('SeaLake', 'Forest'), count=1)
    with pytest.raises(ValueError, match=r"class 'Forest' has 1 images, too few to cut"):
        CatalogSource('eurosat', new_split=True).read(str(tmp_path))


def test_cars_are_looked_for_in_the_folder_of_their_part(tmp_path: Path) -> None:
    trees.stanford_cars(tmp_path)
    trees.touch(tmp_path, *(f'cars_test/{index:05d}.jpg' for index in range(501, 511)))
    source = dict(type='CatalogSource', name='stanford_cars', new_split=True)
    data = FewShotDataset(str(tmp_path), source, split='test')
    assert data.get_data_info(0)['img_path'] == str(tmp_path / 'cars_test/00501.jpg')
    assert data.metainfo['templates'] == ('a photo of a {}.',)
