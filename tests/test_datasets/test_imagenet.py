"""ImageNet and its variants: labels by sorted folders, names of CLIP's list, the names it has twice."""

from __future__ import annotations

from pathlib import Path

import official_trees as trees
import pytest

from vamp_mm.datasets import CatalogSource, FewShotDataset, few_shot_part
from vamp_mm.datasets.sources.folders import imagenet_names
from vamp_mm.structures import Vocabulary

WNIDS = list(imagenet_names())


@pytest.fixture(scope='module')
def imagenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp('imagenet')
    for wnid in WNIDS:
        for part, count in (('train', 2), ('val', 1)):
            folder = root / 'images' / part / wnid
            folder.mkdir(parents=True)
            for index in range(count):
                (folder / f'{wnid}_{10 - index}.JPEG').touch()
    return root


def test_names_are_paired_with_sorted_wordnet_ids() -> None:
    names = imagenet_names()
    assert sorted(WNIDS) == WNIDS
    assert names['n01440764'] == 'tench'
    assert WNIDS.index('n01440764') == 0
    twice = [i for i, name in enumerate(names.values()) if name in ('missile', 'sunglasses')]
    assert twice == [657, 744, 836, 837]


def test_imagenet_in_canonical_order(imagenet: Path) -> None:
    split = CatalogSource('imagenet').read(str(imagenet))
    assert len(split.classes) == 1000
    assert split.homonyms == ('missile', 'sunglasses')
    # sorted by name, whatever the file system says
    assert split.train[0].path == 'train/n01440764/n01440764_10.JPEG'
    assert split.train[1].path == 'train/n01440764/n01440764_9.JPEG'
    assert split.val_is_test
    assert split.val == split.test
    assert few_shot_part(split, 'val', 1, seed=1) == split.test
    assert len(few_shot_part(split, 'train', 1, seed=1)) == 1000


def test_only_the_names_known_to_stand_twice_may(imagenet: Path) -> None:
    data = FewShotDataset(str(imagenet), 'imagenet', split='test', class_split='novel')
    assert data.metainfo['homonyms'] == ('missile', 'sunglasses')
    names = data.metainfo['classes']
    assert len(names) == 500
    vocabulary = Vocabulary(names=names, homonyms=('missile', 'sunglasses'))
    assert vocabulary.sentences[0][157] == vocabulary.sentences[0][244] == 'a photo of a missile.'
    with pytest.raises(ValueError, match=r"'missile' stands for several labels \[157, 244\]"):
        Vocabulary(names=names)
    with pytest.raises(ValueError, match="'sunglasses' stands for several"):
        Vocabulary(names=names, homonyms=('missile',))
    base = FewShotDataset(str(imagenet), 'imagenet', split='test', class_split='base')
    assert base.metainfo['homonyms'] == ('missile', 'sunglasses')  # of the whole dataset


def test_a_missing_class_is_an_error(imagenet: Path, tmp_path: Path) -> None:
    trees.touch(tmp_path, 'images/train/n01440764/1.JPEG', 'images/val/n01440764/2.JPEG')
    with pytest.raises(ValueError, match='has 1 classes, expected 1000'):
        CatalogSource('imagenet').read(str(tmp_path))
    trees.touch(tmp_path, 'images/train/tench/1.JPEG')
    with pytest.raises(ValueError, match=r"not classes of ImageNet: \['tench'\]"):
        CatalogSource('imagenet').read(str(tmp_path))


def test_variants_are_for_testing_only_and_count_their_own_classes(tmp_path: Path) -> None:
    chosen = WNIDS[5::5]  # 199 folders
    for wnid in [*chosen, WNIDS[1]]:
        trees.touch(tmp_path, f'imagenet-a/{wnid}/1.jpg')
    trees.touch(tmp_path, 'imagenet-a/README.txt')
    split = CatalogSource('imagenet_a').read(str(tmp_path))
    assert len(split.classes) == 200
    assert split.train == split.val == ()
    assert split.test[0].name == imagenet_names()[WNIDS[1]]
    assert [item.label for item in split.test] == list(range(200))
    assert (
        FewShotDataset(str(tmp_path), 'imagenet_a', split='test').metainfo['classes']
        == split.classes
    )
    with pytest.raises(ValueError, match=r"no train images in this dataset.*it has \['test'\]"):
        FewShotDataset(str(tmp_path), 'imagenet_a', split='train')


def test_v2_reads_folders_as_numbers(tmp_path: Path) -> None:
    folder = 'imagenetv2-matched-frequency-format-val'
    trees.touch(tmp_path, *(f'{folder}/{label}/a.jpeg' for label in range(1000)))
    split = CatalogSource('imagenetv2').read(str(tmp_path))
    assert [item.label for item in split.test] == list(range(1000))
    assert split.test[10].path == '10/a.jpeg'
    assert split.classes == tuple(imagenet_names().values())
    trees.touch(tmp_path, f'{folder}/n01440764/a.jpeg')
    with pytest.raises(ValueError, match=r"0 to 999, found \['n01440764'\]"):
        CatalogSource('imagenetv2').read(str(tmp_path))
