"""From tiny archives of every kind to the layout of the benchmark, and nothing outside it."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from vamp_mm.data_tools.prepare import prepare
from vamp_mm.datasets import CATALOG, DataError
from vamp_mm.datasets.archives import ARCHIVES

Files = Mapping[str, bytes]


def packed(files: Files, name: str) -> bytes:
    """A zip or tar archive, by the ending of its name."""
    stream = io.BytesIO()
    if name.endswith('.zip'):
        with zipfile.ZipFile(stream, 'w') as archive:
            for path, content in files.items():
                archive.writestr(path, content)
    else:
        with tarfile.open(fileobj=stream, mode='w' if name.endswith('.tar') else 'w:gz') as archive:
            for path, content in files.items():
                info = tarfile.TarInfo(path)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def written(folder: Path, name: str, files: Files) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(packed(files, name))
    return folder / name


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file()
    }


def run(name: str, folder: Path, **arguments: bool) -> tuple[dict[str, bytes], str]:
    """Prepare from ``folder/in`` into ``folder/out``; the files there, and what was printed."""
    printed = io.StringIO()
    (folder / 'in').mkdir(exist_ok=True)
    prepare(
        name,
        str(folder / 'in'),
        str(folder / 'out'),
        console=Console(file=printed, width=300),
        **{'check_md5': False, **arguments},
    )
    return tree(folder / 'out'), printed.getvalue()


#: Archive -> its content; expected tree below the dataset's folder.
CASES: dict[str, tuple[dict[str, Files | bytes], dict[str, bytes]]] = {
    'caltech101': (
        {
            'caltech-101.zip': {
                'caltech-101/101_ObjectCategories.tar.gz': packed(
                    {'101_ObjectCategories/ant/image_0001.jpg': b'ant'}, '.tgz'
                ),
                'caltech-101/Annotations.tar': b'x',
                '__MACOSX/caltech-101/._x': b'x',
            }
        },
        {'101_ObjectCategories/ant/image_0001.jpg': b'ant'},
    ),
    'oxford_pets': (
        {
            'images.tar.gz': {'images/cat_1.jpg': b'1'},
            'annotations.tar.gz': {'annotations/test.txt': b't', 'annotations/._test.txt': b'mac'},
        },
        {'images/cat_1.jpg': b'1', 'annotations/test.txt': b't'},
    ),
    'stanford_cars': (
        {
            'cars_train.tgz': {'cars_train/1.jpg': b'1'},
            'cars_test.tgz': {'cars_test/1.jpg': b'2'},
            'car_devkit.tgz': {'devkit/cars_meta.mat': b'3'},
            'cars_test_annos_withlabels.mat': b'4',
            'split_zhou_StanfordCars.json': b'{}',
        },
        {
            'cars_train/1.jpg': b'1',
            'cars_test/1.jpg': b'2',
            'devkit/cars_meta.mat': b'3',
            'cars_test_annos_withlabels.mat': b'4',
            'split_zhou_StanfordCars.json': b'{}',
        },
    ),
    'oxford_flowers': (
        {
            '102flowers.tgz': {'jpg/image_00001.jpg': b'1'},
            'imagelabels.mat': b'2',
            'cat_to_name.json': b'{}',
        },
        {'jpg/image_00001.jpg': b'1', 'imagelabels.mat': b'2', 'cat_to_name.json': b'{}'},
    ),
    'food101': (
        {
            'food-101.tar.gz': {
                'food-101/images/pie/1.jpg': b'1',
                'food-101/meta/classes.txt': b'pie',
                'food-101/README': b'',
            }
        },
        {'images/pie/1.jpg': b'1', 'meta/classes.txt': b'pie'},
    ),
    'fgvc_aircraft': (
        {
            'fgvc-aircraft-2013b.tar.gz': {
                'fgvc-aircraft-2013b/data/images/1.jpg': b'1',
                'fgvc-aircraft-2013b/data/variants.txt': b'v',
                'fgvc-aircraft-2013b/x.m': b'',
            }
        },
        {'images/1.jpg': b'1', 'variants.txt': b'v'},
    ),
    'sun397': (
        {
            'SUN397.tar.gz': {'SUN397/a/abbey/1.jpg': b'1'},
            'Partitions.zip': {
                'ClassName.txt': b'c',
                'Training_01.txt': b'a',
                'Testing_01.txt': b'b',
                'Training_02.txt': b'',
            },
        },
        {
            'SUN397/a/abbey/1.jpg': b'1',
            'ClassName.txt': b'c',
            'Training_01.txt': b'a',
            'Testing_01.txt': b'b',
        },
    ),
    'dtd': (
        {
            'dtd-r1.0.1.tar.gz': {
                'dtd/images/banded/1.jpg': b'1',
                'dtd/imdb/imdb.mat': b'2',
                'dtd/labels/x.txt': b'3',
            }
        },
        {'images/banded/1.jpg': b'1', 'imdb/imdb.mat': b'2', 'labels/x.txt': b'3'},
    ),
    'eurosat': (
        {'EuroSAT_RGB.zip': {'EuroSAT_RGB/River/River_1.jpg': b'1'}},
        {'2750/River/River_1.jpg': b'1'},
    ),
    'ucf101': (
        {'UCF-101-midframes.zip': {'UCF-101-midframes/Yo_Yo/v.jpg': b'1'}},
        {'UCF-101-midframes/Yo_Yo/v.jpg': b'1'},
    ),
    'imagenetv2': (
        {
            'imagenetv2-matched-frequency.tar.gz': {
                'imagenetv2-matched-frequency-format-val/0/a.jpeg': b'1'
            }
        },
        {'imagenetv2-matched-frequency-format-val/0/a.jpeg': b'1'},
    ),
    'imagenet_sketch': (
        {'ImageNet-Sketch.zip': {'sketch/n1/a.JPEG': b'1'}},
        {'images/n1/a.JPEG': b'1'},
    ),
    'imagenet_a': (
        {'imagenet-a.tar': {'imagenet-a/n1/a.jpg': b'1'}},
        {'imagenet-a/n1/a.jpg': b'1'},
    ),
    'imagenet_r': (
        {'imagenet-r.tar': {'imagenet-r/n1/a.jpg': b'1'}},
        {'imagenet-r/n1/a.jpg': b'1'},
    ),
    'imagenet': (
        {
            'ILSVRC2012_img_train.tar': {
                'n01.tar': packed({'n01_1.JPEG': b'1'}, '.tar'),
                'n02.tar': packed({'n02_1.JPEG': b'2'}, '.tar'),
            },
            'ILSVRC2012_img_val.tar': {
                'ILSVRC2012_val_00000001.JPEG': b'v1',
                'ILSVRC2012_val_00000002.JPEG': b'v2',
            },
            'LOC_val_solution.csv': b'ImageId,PredictionString\nILSVRC2012_val_00000001,n02 1 2 3 4\n'
            b'ILSVRC2012_val_00000002,n01 1 2 3 4 n01 5 6 7 8\n',
        },
        {
            'images/train/n01/n01_1.JPEG': b'1',
            'images/train/n02/n02_1.JPEG': b'2',
            'images/val/n02/ILSVRC2012_val_00000001.JPEG': b'v1',
            'images/val/n01/ILSVRC2012_val_00000002.JPEG': b'v2',
        },
    ),
}


def test_every_benchmark_dataset_has_its_archives() -> None:
    assert set(ARCHIVES) == set(CATALOG) - {'icons'} == set(CASES)


@pytest.mark.parametrize('name', CASES)
def test_the_layout_comes_out(name: str, tmp_path: Path) -> None:
    sources, expected = CASES[name]
    for file, content in sources.items():
        (tmp_path / 'in').mkdir(exist_ok=True)
        (tmp_path / 'in' / file).write_bytes(
            content if isinstance(content, bytes) else packed(content, file)
        )
    files, printed = run(name, tmp_path)
    assert files == {
        f'{CATALOG[name].folder}/{path}': content for path, content in expected.items()
    }
    assert f'vamp_mm verify {name} --data-root' in printed


def eurosat(tmp_path: Path, files: Files | None = None) -> None:
    written(tmp_path / 'in', 'EuroSAT.zip', files or {'2750/River/River_1.jpg': b'1'})


@pytest.mark.parametrize(
    'path', ['../evil.jpg', '/evil.jpg', '2750/../../evil.jpg', '..\\evil.jpg', 'C:\\evil.jpg']
)
@pytest.mark.parametrize('kind', ['zip', 'tar'])
def test_no_path_leads_out(path: str, kind: str, tmp_path: Path) -> None:
    name, file, inside = (
        ('eurosat', 'EuroSAT.zip', '2750/a.jpg')
        if kind == 'zip'
        else ('imagenet_a', 'imagenet-a.tar', 'imagenet-a/a.jpg')
    )
    written(tmp_path / 'in', file, {inside: b'1', path: b'evil'})
    with pytest.raises(DataError, match='leads out of the folder'):
        run(name, tmp_path)
    assert tree(tmp_path / 'out') == {}
    assert list((tmp_path / 'out').iterdir()) == []  # not even the hidden folder


@pytest.mark.parametrize('kind', [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind: bytes, tmp_path: Path) -> None:
    (tmp_path / 'in').mkdir()
    with tarfile.open(tmp_path / 'in/imagenet-a.tar', 'w') as archive:
        info = tarfile.TarInfo('imagenet-a/n1/a.jpg')
        info.type, info.linkname = kind, '/etc/hostname'
        archive.addfile(info)
    with pytest.raises(DataError, match='is a link or a device'):
        run('imagenet_a', tmp_path)
    assert list((tmp_path / 'out').iterdir()) == []


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'in').mkdir()
    with zipfile.ZipFile(tmp_path / 'in/EuroSAT.zip', 'w') as archive:
        info = zipfile.ZipInfo('2750/River/a.jpg')
        info.external_attr = 0o120777 << 16
        archive.writestr(info, '/etc/hostname')
    with pytest.raises(DataError, match='is a link or a device'):
        run('eurosat', tmp_path)


def test_nothing_is_replaced_without_being_asked(tmp_path: Path) -> None:
    eurosat(tmp_path)
    (tmp_path / 'out/eurosat').mkdir(parents=True)
    (tmp_path / 'out/eurosat/split_zhou_EuroSAT.json').write_text('mine')
    run('eurosat', tmp_path)  # what else lies there does not matter
    eurosat(tmp_path, {'2750/River/River_2.jpg': b'2'})
    with pytest.raises(DataError, match='--overwrite'):
        run('eurosat', tmp_path)
    assert 'eurosat/2750/River/River_1.jpg' in tree(tmp_path / 'out')
    files, _ = run('eurosat', tmp_path, overwrite=True)
    assert files == {
        'eurosat/2750/River/River_2.jpg': b'2',
        'eurosat/split_zhou_EuroSAT.json': b'mine',
    }


def test_a_damaged_archive_leaves_nothing_behind(tmp_path: Path) -> None:
    file = written(
        tmp_path / 'in',
        'imagenetv2-matched-frequency.tar.gz',
        {'imagenetv2-matched-frequency-format-val/0/a.jpeg': bytes(range(256)) * 40},
    )
    file.write_bytes(file.read_bytes()[:-60])
    with pytest.raises(DataError, match='download it again'):
        run('imagenetv2', tmp_path)
    assert list((tmp_path / 'out').iterdir()) == []


def test_missing_files_are_listed_with_their_origin(tmp_path: Path) -> None:
    written(tmp_path / 'in', 'cars_train.tgz', {'cars_train/1.jpg': b'1'})
    with pytest.raises(
        DataError, match=r'3 file\(s\) of StanfordCars are missing.*cars_test.tgz, car_devkit.tgz'
    ):
        run('stanford_cars', tmp_path)
    printed = io.StringIO()
    assert prepare('dtd', console=Console(file=printed, width=300)) is None
    assert 'dtd-r1.0.1.tar.gz, MD5 known: https://www.robots.ox.ac.uk' in printed.getvalue()
    with pytest.raises(DataError, match='known: imagenet, caltech101'):
        prepare('cifar')


def test_the_wrong_content_is_named(tmp_path: Path) -> None:
    eurosat(tmp_path, {'other/River/River_1.jpg': b'1'})
    with pytest.raises(DataError, match='does not hold 2750'):
        run('eurosat', tmp_path)


def test_md5_sums_are_compared_where_known(tmp_path: Path) -> None:
    eurosat(tmp_path)
    with pytest.raises(DataError, match='expected c8fa014336c82ac7804f0398fcb19387.*--no-md5'):
        run('eurosat', tmp_path, check_md5=True)
    written(tmp_path / 'in', 'imagenet-a.tar', {'imagenet-a/n1/a.jpg': b'1'})
    _, printed = run('imagenet_a', tmp_path, check_md5=True)
    assert 'no MD5 sum is known here, not checked' in printed


def test_validation_images_need_their_labels(tmp_path: Path) -> None:
    sources, _ = CASES['imagenet']
    for name in ('ILSVRC2012_img_train.tar', 'ILSVRC2012_img_val.tar'):
        written(tmp_path / 'in', name, sources[name])
    with pytest.raises(DataError, match='LOC_val_solution.csv'):
        run('imagenet', tmp_path)
    assert list((tmp_path / 'out').iterdir()) == []
