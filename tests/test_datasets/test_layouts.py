"""Archives as users unpack them: read from the right place, or refused with a next step; never classes that are none."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import own
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vamp_mm.datasets import DataError, Split
from vamp_mm.datasets.sources import build_source
from vamp_mm.datasets.sources.class_doubts import WhichError, called_like_parts
from vamp_mm.datasets.sources.detect import detect


def _read(path: Path | str) -> tuple[Split, tuple[str, ...]]:
    layout = detect(path)
    source = build_source(layout.source)
    return source.read(layout.data_root), source.notes(layout.data_root)


def _refused(path: Path | str) -> str:
    with pytest.raises(DataError) as error:
        detect(path)
    return str(error.value)


def _draw(root: Path, folder: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        own.draw(root / folder / name, index + sum(map(ord, folder)))


def ham10000(root: Path) -> None:
    ids = [f'ISIC_{index:07d}' for index in range(16)]
    _draw(root, 'HAM10000_images_part_1', [f'{name}.jpg' for name in ids[::2]])
    _draw(root, 'HAM10000_images_part_2', [f'{name}.jpg' for name in ids[1::2]])
    rows = [
        [f'HAM_{index}', name, 'nv' if index % 4 < 2 else 'mel', 'histo']
        for index, name in enumerate(ids)
    ]
    own.table(root / 'HAM10000_metadata.csv', [['lesion_id', 'image_id', 'dx', 'dx_type'], *rows])


def aptos(root: Path) -> None:
    _draw(root, 'train_images', [f'{index:012x}.png' for index in range(8)])
    _draw(root, 'test_images', [f'{index + 99:012x}.png' for index in range(8)])
    own.table(
        root / 'train.csv',
        [
            ['id_code', 'diagnosis'],
            *([f'{index:012x}', f'grade {index % 2}'] for index in range(8)),
        ],
    )
    own.table(root / 'test.csv', [['id_code'], *([f'{index + 99:012x}'] for index in range(8))])


def nih(root: Path) -> None:
    names = [f'{index:08d}_000.png' for index in range(12)]
    for part in range(3):
        _draw(root, f'images_{part + 1:03d}/images', names[part::3])
    own.table(
        root / 'Data_Entry_2017.csv',
        [
            ['Image Index', 'Finding Labels', 'Patient ID'],
            *(
                [name, 'Mass' if index % 2 else 'Hernia', str(index)]
                for index, name in enumerate(names)
            ),
        ],
    )


def isic(root: Path) -> None:
    ids = [f'ISIC_{index:07d}' for index in range(8)]
    _draw(root, 'ISIC_2019_Training_Input', [f'{name}.jpg' for name in ids])
    _draw(root, 'ISIC_2019_Test_Input', [f'ISIC_{index + 50:07d}.jpg' for index in range(8)])
    rows = [
        [name, '1.0', '0.0'] if index % 2 else [name, '0.0', '1.0']
        for index, name in enumerate(ids)
    ]
    own.table(root / 'ISIC_2019_Training_GroundTruth.csv', [['image', 'MEL', 'NV'], *rows])


def dog_breeds(root: Path) -> None:
    ids = [f'{index:032x}' for index in range(8)]
    _draw(root, 'train', [f'{name}.jpg' for name in ids])
    _draw(root, 'test', [f'{index + 50:032x}.jpg' for index in range(8)])
    own.table(
        root / 'labels.csv',
        [['id', 'breed'], *([name, 'pug' if i % 2 else 'boxer'] for i, name in enumerate(ids))],
    )
    own.table(
        root / 'sample_submission.csv',
        [['id', 'boxer', 'pug'], *([f'{i + 50:032x}', '.5', '.5'] for i in range(8))],
    )


def cub(root: Path) -> None:
    names = ['001.Black_footed_Albatross', '002.Laysan_Albatross']
    for name in names:
        _draw(root, f'images/{name}', [f'{name[4:]}_{index:04d}.jpg' for index in range(4)])
        _draw(root, f'segmentations/{name}', [f'{name[4:]}_{index:04d}.png' for index in range(4)])
    paths = [f'{name}/{name[4:]}_{index:04d}.jpg' for name in names for index in range(4)]
    (root / 'images.txt').write_text(
        ''.join(f'{number} {path}\n' for number, path in enumerate(paths, 1))
    )
    (root / 'image_class_labels.txt').write_text(
        ''.join(f'{number} {1 + number // 5}\n' for number in range(1, 9))
    )
    (root / 'train_test_split.txt').write_text(
        ''.join(f'{number} {number % 2}\n' for number in range(1, 9))
    )
    (root / 'classes.txt').write_text(
        ''.join(f'{number} {name}\n' for number, name in enumerate(names, 1))
    )


def celeba(root: Path) -> None:
    _draw(root, 'img_align_celeba/img_align_celeba', [f'{index:06d}.jpg' for index in range(8)])
    (root / 'list_attr_celeba.txt').write_text(
        '8\nMale Smiling\n' + ''.join(f'{index:06d}.jpg -1  1\n' for index in range(8))
    )


def fairface(root: Path) -> None:
    for part in ('train', 'val'):
        _draw(root, part, [f'{index}.jpg' for index in range(4)])
        own.table(
            root / f'fairface_label_{part}.csv',
            [
                ['file', 'age', 'race'],
                *([f'{part}/{index}.jpg', '20-29', 'ab'[index % 2]] for index in range(4)),
            ],
        )


def pets(root: Path) -> None:
    names = [f'{name}_{index}' for name in ('Abyssinian', 'beagle') for index in range(4)]
    _draw(root, 'images', [f'{name}.jpg' for name in names])
    _draw(root, 'annotations/trimaps', [f'{name}.png' for name in names])
    (root / 'annotations' / 'list.txt').write_text(
        '#Image CLASS-ID SPECIES\n' + ''.join(f'{name} 1 1\n' for name in names)
    )


def stanford_dogs(root: Path) -> None:
    for name in ('n02085620-Chihuahua', 'n02110958-pug'):
        _draw(root, f'Images/{name}', [f'{name[:9]}_{index}.jpg' for index in range(4)])
        (root / 'Annotation' / name).mkdir(parents=True)
        (root / 'Annotation' / name / f'{name[:9]}_0').write_text('<annotation/>')


def inaturalist(root: Path) -> None:
    for name in ('Aves/2761', 'Aves/2762', 'Plantae/5690', 'Plantae/5691'):
        _draw(root, name, [f'{index:032x}.jpg' for index in range(4)])


def covid_radiography(root: Path) -> None:
    for name in ('COVID', 'Normal'):
        for kind in ('images', 'masks'):
            _draw(root, f'{name}/{kind}', [f'{name}-{index}.png' for index in range(4)])


def classes_above_parts(root: Path) -> None:
    own.folders(
        root, {f'{name}/{part}': 4 for name in ('cat', 'dog') for part in ('train', 'test')}
    )


def yolo(root: Path) -> None:
    own.folders(root, {f'{part}/images': 4 for part in ('train', 'valid', 'test')})
    (root / 'train' / 'labels').mkdir()
    (root / 'train' / 'labels' / '0.txt').write_text('0 .5 .5 .1 .1\n')


def segmentation(root: Path) -> None:
    own.folders(root, {'images': 4, 'masks': 4})


def patients(root: Path) -> None:
    own.folders(root, {f'patient_{index:03d}': 4 for index in range(4)})


def batches(root: Path) -> None:
    own.folders(root, {'batch1': 4, 'batch2': 4, 'extra': 4})


def masks_below_classes(root: Path) -> None:
    own.folders(root, {'cat': 4, 'cat/masks': 4, 'dog': 4})


def annotations_beside_classes(root: Path) -> None:
    own.folders(root, {'cat': 4, 'dog': 4, 'annotations': 4})


def wrapped(root: Path) -> None:
    own.folders(root / 'pictures', {'cat': 4, 'dog': 4})
    own.folders(root / '__MACOSX' / 'pictures', {'cat': 4, 'dog': 4})


def wrapped_with_table(root: Path) -> None:
    ham10000(root / 'ham')


def kaggle_flat_test(root: Path) -> None:
    own.folders(root, {'train/Maize': 4, 'train/Charlock': 4, 'test': 4})
    own.table(root / 'sample_submission.csv', [['file', 'species'], ['0.png', 'Sugar beet']])


def folders_that_a_table_contradicts(root: Path) -> None:
    _draw(root, 'Berlin', [f'scene_{index:03d}.jpg' for index in range(8)])
    _draw(root, 'Paris', [f'scene_{index:03d}.jpg' for index in range(8, 16)])
    own.table(
        root / 'weather.csv',
        [
            ['image_name', 'weather', 'camera'],
            *(
                [f'scene_{index:03d}.jpg', 'rain' if index % 2 else 'sun', 'left']
                for index in range(16)
            ),
        ],
    )


def excel(root: Path) -> None:
    _draw(root, 'Berlin', [f'scene_{index:03d}.jpg' for index in range(8)])
    _draw(root, 'Paris', [f'scene_{index:03d}.jpg' for index in range(8, 16)])
    strings = ''.join(f'<si><t>scene_{index:03d}</t></si>' for index in range(16))
    with zipfile.ZipFile(root / 'weather.xlsx', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('xl/sharedStrings.xml', f'<sst>{strings}</sst>')


def compressed(root: Path) -> None:
    folders_that_a_table_contradicts(root)
    (root / 'weather.csv.gz').write_bytes(gzip.compress((root / 'weather.csv').read_bytes()))
    (root / 'weather.csv').unlink()


def coco(root: Path) -> None:
    _draw(root, 'Berlin', [f'scene_{index:03d}.jpg' for index in range(8)])
    _draw(root, 'Paris', [f'scene_{index:03d}.jpg' for index in range(8, 16)])
    (root / 'labels').mkdir()
    (root / 'labels' / 'instances.json').write_text(
        json.dumps(
            dict(
                images=[dict(id=index, file_name=f'scene_{index:03d}.jpg') for index in range(16)],
                categories=[dict(id=0, name='rain'), dict(id=1, name='sun')],
            )
        )
    )


def intel(root: Path) -> None:
    own.folders(
        root,
        {
            f'seg_{part}/seg_{part}/{name}': 4
            for part in ('train', 'test')
            for name in ('forest', 'street')
        },
    )
    own.folders(root, {'seg_pred/seg_pred': 4})


def hugging_face(root: Path) -> None:
    for part in ('train', 'test'):
        own.folders(root, {part: 8})
        own.table(
            root / part / 'metadata.csv',
            [['file_name', 'label'], *([f'{i}.png', 'ab'[i % 2]] for i in range(8))],
        )


def mvtec(root: Path) -> None:
    own.folders(
        root,
        {
            f'{name}/{part}': 4
            for name in ('bottle', 'cable')
            # fmt: skip
            for part in ('train/good', 'test/broken', 'ground_truth/broken')
        },
    )


def tiny_imagenet(root: Path) -> None:
    own.folders(
        root,
        {
            'train/n01443537/images': 4,
            'train/n01629819/images': 4,
            'val/images': 4,
            'test/images': 4,
        },
    )
    (root / 'wnids.txt').write_text('n01443537\nn01629819\n')


def domain_net(root: Path) -> None:
    own.folders(
        root, {f'{domain}/{name}': 4 for domain in ('clipart', 'sketch') for name in ('ant', 'bee')}
    )
    for domain in ('clipart', 'sketch'):
        for part in ('train', 'test'):
            lines = [
                f'{domain}/{name}/{index}.png {label}\n'
                for label, name in enumerate(('ant', 'bee'))
                for index in range(2)
            ]
            (root / f'{domain}_{part}.txt').write_text(''.join(lines))


def nested_twice(root: Path) -> None:
    parts = {
        f'{part}/{name}': 4 for part in ('train', 'test', 'val') for name in ('NORMAL', 'PNEUMONIA')
    }
    own.folders(root, {**parts, **{f'chest_xray/{name}': 4 for name in parts}})


def copy_inside(root: Path) -> None:
    names = {'NORMAL': 4, 'PNEUMONIA': 4}
    own.folders(root, {**names, **{f'chest_xray/{name}': 4 for name in names}})


def cassava(root: Path) -> None:
    own.folders(root, {'train_images': 8, 'test_images': 2})
    own.table(
        root / 'train.csv', [['image_id', 'label'], *([f'{i}.png', 'ab'[i % 2]] for i in range(8))]
    )


def two_columns(root: Path) -> None:
    own.folders(root, {'River': 4, 'Forest': 4})
    rows = [
        [f'{name}/{i}.png', str(label), name]
        for label, name in enumerate(('River', 'Forest'))
        for i in range(4)
    ]
    own.table(root / 'train.csv', [['Filename', 'Label', 'ClassName'], *rows])


#: Layout -> what the refusal says. ``ROOT`` stands for the folder.
REFUSED: dict[Callable[[Path], None], tuple[str, ...]] = {
    ham10000: ('HAM10000_metadata.csv has no column for the path', "its images are in the column 'image_id': give "
               "'ROOT/HAM10000_metadata.csv#path=image_id,class=COLUMN' with one of 'lesion_id', 'dx', 'dx_type' as COLUMN",
               'HAM10000_images_part_1, HAM10000_images_part_2 in ROOT are called like parts of a data set'),
    aptos: ("give 'ROOT/train.csv#path=id_code,class=diagnosis'", 'test_images, train_images in ROOT are called like parts'),
    nih: ("give 'ROOT/Data_Entry_2017.csv#path=Image Index,class=COLUMN' with one of 'Finding Labels', 'Patient ID'", ),
    isic: ("ISIC_2019_Training_GroundTruth.csv has no column for the class", "it is a one-hot table, one column per class (MEL, NV)"),
    dog_breeds: ("give 'ROOT/labels.csv#path=id,class=breed'", 'sample_submission.csv is called a submission'),
    cub: ('ROOT holds segmentations beside images', 'give ROOT/images if the classes are the folders in it', 'images.txt'),
    celeba: ('only one folder with images, img_align_celeba, and no class folders in it', 'list_attr_celeba.txt'),
    fairface: ("fairface_label_train.csv#path=file,class=COLUMN' with one of 'age', 'race' as COLUMN", 'hold images directly'),
    pets: ('annotations, images in ROOT are called like parts', 'annotations/list.txt'),
    wrapped_with_table: ('(is ROOT/ham the dataset?)', ),
    stanford_dogs: ('only one folder with images, Images (is ROOT/Images the dataset?)', ),
    inaturalist: ('two levels of folders, such as Aves with 2761, 2762 in it', "'ROOT#level=2'"),
    covid_radiography: ('COVID, Normal in ROOT hold images, masks', 'move the folders masks out of ROOT'),
    classes_above_parts: ('hold test, train, so classes lie above parts', "'ROOT#level=1'"),
    yolo: ('images in ROOT/train is called like parts of a data set', ),
    segmentation: ('images, masks in ROOT are called like parts', ),
    patients: ('patient_000, patient_001, patient_002, patient_003 in ROOT are called like parts', ),
    batches: ('batch1, batch2, extra in ROOT are called like parts', ),
    annotations_beside_classes: ('ROOT holds annotations beside cat, dog', "move annotations out of it, or give 'ROOT#level=1'"),
    wrapped: ('only one folder with images, pictures (is ROOT/pictures the dataset?)', ),
    kaggle_flat_test: ("holds the parts ['train'] and, beside them, folders of images that are not parts: test",
                       'give ROOT/train if only that is meant'),
    folders_that_a_table_contradicts: ('2 class folders (Berlin, Paris) without parts, and beside them a table',
                                       "'ROOT/weather.csv#path=image_name,class=COLUMN' with one of 'weather', 'camera'",
                                       "give 'ROOT#level=1'"),
    excel: ('weather.xlsx is not read: .xlsx is not a format of tables here; save it as CSV', ),
    compressed: ('weather.csv.gz is not read: .gz is not a format', ),
    coco: ('labels/instances.json is not read by itself', ),
    intel: ('seg_pred, seg_test, seg_train in ROOT are called like parts', ),
    hugging_face: ('hold images directly', 'train/metadata.csv is not read by itself, because it lies in a folder of its own; give its path'),
    mvtec: ('bottle, cable in ROOT hold ground_truth, test, train', 'move the folders ground_truth out of ROOT'),
    tiny_imagenet: ('images in ROOT/test is called like parts', ),
    domain_net: ('the table(s) clipart_test.txt', 'Besides, ROOT holds domains', '--dataset ROOT/clipart or --dataset ROOT/sketch'),
    nested_twice: ('folders of images that are not parts: chest_xray', 'move chest_xray out of it, or give ROOT/train'),
    copy_inside: ('ROOT holds NORMAL, PNEUMONIA on two levels, directly and in chest_xray', 'move chest_xray out of it'),
    cassava: ("give 'ROOT/train.csv#path=image_id,class=label'", ),
    two_columns: ("train.csv: the columns ['Label', 'ClassName'] could all hold the class; name one: --class-column Label, 'ROOT/train.csv#class=Label'", ),
}  # fmt: skip


@pytest.mark.parametrize('layout', REFUSED, ids=lambda layout: layout.__name__)
def test_what_are_no_classes_is_refused_with_a_next_step(
    layout: Callable[[Path], None], tmp_path: Path
) -> None:
    root = tmp_path / 'data'
    root.mkdir()
    layout(root)
    message = _refused(root)
    for says in REFUSED[layout]:
        assert says.replace('ROOT', str(root)) in message


def test_every_next_step_that_a_refusal_names_can_be_taken(tmp_path: Path) -> None:
    steps = 0
    for layout in REFUSED:
        root = tmp_path / layout.__name__
        root.mkdir()
        layout(root)
        message = _refused(root)
        found = re.findall(
            rf"'({root}[^']*#[^']*)'|--dataset ({root}\S*)\b|is ({root}\S*) the dataset|give ({root}/\S+) if",
            message,
        )
        for step in (next(filter(None, groups)) for groups in found):
            option = message.partition(f"'{step}' with one of '")[2].partition("'")[0]
            if step == str(tmp_path / 'wrapped_with_table' / 'ham'):
                step = f'{step}/HAM10000_metadata.csv#path=image_id,class=dx'
            assert detect(step.replace('COLUMN', option)).what
            steps += 1
    assert steps > 30


def test_named_columns_give_the_classes_of_the_table(tmp_path: Path) -> None:
    for layout, step, classes in (
        (ham10000, 'HAM10000_metadata.csv#path=image_id,class=dx', ('mel', 'nv')),
        (aptos, 'train.csv#path=id_code,class=diagnosis', ('grade 0', 'grade 1')),
        (nih, 'Data_Entry_2017.csv#path=Image Index,class=Finding Labels', ('Hernia', 'Mass')),
        (dog_breeds, 'labels.csv#path=id,class=breed', ('boxer', 'pug')),
        (folders_that_a_table_contradicts, 'weather.csv#class=weather, path=image_name', ('rain', 'sun')),
    ):  # fmt: skip
        layout(tmp_path / layout.__name__)
        split, _ = _read(f'{tmp_path / layout.__name__}/{step}')
        assert split.classes == classes
        for item in (*split.train, *split.val, *split.test):
            assert (
                tmp_path
                / layout.__name__
                / detect(f'{tmp_path / layout.__name__}/{step}').source['image_folder']
                / item.path
            ).is_file()


def test_levels(tmp_path: Path) -> None:
    inaturalist(tmp_path / 'i')
    assert _read(f'{tmp_path}/i#level=2')[0].classes == ('2761', '2762', '5690', '5691')
    assert _read(f'{tmp_path}/i#level=1')[0].classes == ('Aves', 'Plantae')
    own.folders(
        tmp_path / 'd',
        {f'{domain}/{name}': 4 for domain in ('photo', 'sketch') for name in ('cat', 'dog')},
    )
    split, _ = _read(f'{tmp_path}/d#level=2')
    assert split.classes == ('cat', 'dog')
    assert {item.path.split('/')[1] for item in split.test} == {'cat', 'dog'}
    assert (len(split.train), len(split.val), len(split.test)) == (8, 4, 4)
    parts = {
        f'{part}/{kind}/{name}': 2
        for part in ('train', 'test')
        for kind in ('pet', 'farm')
        for name in (f'{kind}1', f'{kind}2')
    }
    own.folders(tmp_path / 'p', parts)
    with pytest.raises(
        WhichError, match="give '.*/p#level=1' if the classes are farm, pet|two levels"
    ):
        detect(tmp_path / 'p')
    assert detect(f'{tmp_path}/p#level=2').source == dict(
        type='vamp_mm.ImageFolder', train='train', test='test', level=2
    )
    assert _read(f'{tmp_path}/p#level=2')[0].classes == ('farm1', 'farm2', 'pet1', 'pet2')
    assert detect(f'{tmp_path}/d#level=2', testing=True).source == dict(
        type='vamp_mm.ImageFolder', test='.', level=2
    )
    for level in (0, 'two', 1.5, True):
        with pytest.raises(ValueError, match='level=.* must be an integer'):
            build_source(dict(type='ImageFolder', undivided='.', level=level))


def test_masks_inside_class_folders_are_no_images_of_the_class(tmp_path: Path) -> None:
    masks_below_classes(tmp_path)
    with pytest.raises(
        DataError, match='called like masks or annotations, .*: cat/masks. Move them out of'
    ):
        _read(tmp_path)


@pytest.mark.parametrize(('names', 'rows', 'read'), [
    # agrees
    (('cat', 'dog'), [['filepaths', 'labels'], ['cat/0.png', 'cat'], ['dog/1.png', 'dog']], True),
    (('cat', 'dog'), [['name', 'weight'], ['Tom', '3']], True),  # about something else
    # numbers are no names of images
    (('cat', 'dog'), [['id', 'class_id'], ['0', '1'], ['1', '2']], True),
    (('cat', 'dog'), [['filepaths', 'labels'], ['cat/0.png', 'ill'], ['dog/0.png', 'well']], False),
])  # fmt: skip
def test_a_table_beside_class_folders(tmp_path: Path, names: tuple, rows: list, read: bool) -> None:
    own.folders(tmp_path, dict.fromkeys(names, 4))
    own.table(tmp_path / 'birds.csv', rows)
    if not read:
        assert "birds.csv#path=filepaths,class=labels'" in _refused(tmp_path)
        assert _read(f'{tmp_path}#level=1')[0].classes == names
        return
    split, notes = _read(tmp_path)
    assert split.classes == names
    assert re.fullmatch(
        r'WARNING: not read: birds.csv \(has no column for the .*\); the lists come from the class folders',
        notes[-1],
    )


def test_debris_is_none_of_the_data(tmp_path: Path) -> None:
    own.folders(tmp_path, {'cat': 4, 'dog': 4, '__MACOSX/cat': 1, '.ipynb_checkpoints': 1, 'cat/.ipynb_checkpoints': 1,
                           '@eaDir': 1, '$RECYCLE.BIN': 1})  # fmt: skip
    for name in (
        'Thumbs.db',
        'thumbs.DB',
        '.DS_Store',
        'cat/Thumbs.db',
        'cat/._0.png',
        'desktop.ini',
    ):
        (tmp_path / name).write_bytes(b'x')
    split, notes = _read(tmp_path)
    assert (split.classes, len(split.train) + len(split.val) + len(split.test)) == (
        ('cat', 'dog'),
        8,
    )
    assert not any('left out' in note for note in notes)


def test_train_csv_is_read_whatever_lies_beside_it(tmp_path: Path) -> None:
    _draw(tmp_path, 'train_images', [f'tr{index}.jpg' for index in range(8)])
    _draw(tmp_path, 'test_images', [f'te{index}.jpg' for index in range(8)])
    own.table(
        tmp_path / 'train.csv',
        [['filename', 'label'], *([f'tr{i}.jpg', 'cat' if i % 2 else 'dog'] for i in range(8))],
    )
    others = {
        "has no column for the class. Columns found: ['filename']": [['filename'], ['te0.jpg']],
        '1 of 1 row(s) are faulty: line 2 (te0.jpg): the class is empty': [
            ['filename', 'label'],
            ['te0.jpg', ''],
        ],
        'a table too: give its path to use it': [['filename', 'label'], ['gone.jpg', 'cat']],
        '1 row(s) do not have the 2 cells of the header: line 2 (1 cells)': [
            ['filename', 'label'],
            ['te0.jpg'],
        ],
        'has no column for the path. Columns found: []': [[]],
    }
    for why, rows in others.items():
        own.table(tmp_path / 'test.csv', rows)
        split, notes = _read(tmp_path / 'train.csv')
        assert (split.classes, len(split.train), len(split.val), len(split.test)) == (
            ('cat', 'dog'),
            4,
            2,
            2,
        )
        assert notes[-1].startswith(f'WARNING: not read: test.csv ({why}')
        assert notes[-1].endswith('); the lists come from train.csv')
    (tmp_path / 'test.csv').write_bytes(b'\xff\xfe')
    assert _read(tmp_path / 'train.csv')[0].classes == ('cat', 'dog')
    own.table(tmp_path / 'test.csv', [['filename'], ['te0.jpg']])
    assert detect(tmp_path).source['files'] == dict(train='train.csv')
    with pytest.raises(DataError, match='test.csv has no column for the class'):
        detect(tmp_path / 'test.csv')
    own.table(
        tmp_path / 'test.csv',
        [['filename', 'label'], *([f'te{i}.jpg', 'cat' if i % 2 else 'dog'] for i in range(8))],
    )
    assert detect(tmp_path / 'train.csv').source['files'] == dict(
        train='train.csv', test='test.csv'
    )


def test_ids_are_the_images_of_that_name(tmp_path: Path) -> None:
    _draw(tmp_path, 'a', ['x1.jpg', 'x2.PNG', 'x.3.webp'])
    _draw(tmp_path, 'b/deep', ['x4.jfif'])
    source = dict(type='AnnotationTable', files='l.csv', path_column='id', class_column='kind')
    own.table(
        tmp_path / 'l.csv',
        [['id', 'kind'], *([name, 'one'] for name in ('x1', ' x2 ', 'x.3', 'x4'))],
    )
    split = build_source(source).read(str(tmp_path))
    assert sorted(item.path for item in (*split.train, *split.val, *split.test)) == [
        'a/x.3.webp',
        'a/x1.jpg',
        'a/x2.PNG',
        'b/deep/x4.jfif',
    ]
    own.draw(tmp_path / 'b' / 'x1.png')
    with pytest.raises(
        DataError,
        match=r"1 name\(s\) stand for several images under .*: 'x1' is a/x1.jpg and b/x1.png. Write",
    ):
        build_source(source).read(str(tmp_path))
    assert detect(f'{tmp_path}/l.csv#path=id,class=kind,images=b').source['image_folder'] == 'b'
    own.table(
        tmp_path / 'l.csv',
        [['id', 'kind'], *([name, 'one'] for name in ('a/x1', 'x2', 'x.3', 'b/deep/x4'))],
    )
    assert len(build_source(source).read(str(tmp_path)).train) == 2
    own.table(
        tmp_path / 'l.csv',
        [['id', 'kind'], ['x9', 'one'], ['x', 'one'], ['X2', 'one'], ['../a/x1', 'one']],
    )
    with pytest.raises(DataError, match='4 of 4 images are missing'):
        build_source(source).read(str(tmp_path))


@pytest.mark.parametrize(('added', 'says'), [
    ('#kind=dx', "'kind=dx' is not understood; allowed after # are path=COLUMN"),
    ('#path=', 'is not understood'), ('#path=a,path=b', 'is not understood'), ('#', "'' is not understood"),
    ('#level=1', 'is a file, after which only path=COLUMN'),
    ('#path=wrong', "no column for the path. Columns found: .*; allowed names .*: wrong"),
    ('#images=nowhere', 'nowhere is not a folder; allowed: a'),
])  # fmt: skip
def test_what_is_added_to_a_path_means_something(tmp_path: Path, added: str, says: str) -> None:
    _draw(tmp_path, 'a', [f'{index}.png' for index in range(4)])
    own.table(
        tmp_path / 'l.csv', [['path', 'class'], *([f'{index}.png', 'x'] for index in range(4))]
    )
    with pytest.raises(DataError, match=says):
        detect(f'{tmp_path}/l.csv{added}')


def test_a_name_with_a_sharp_is_a_name(tmp_path: Path) -> None:
    own.folders(tmp_path / 'set#level=2', {'cat': 4, 'dog': 4})
    assert _read(tmp_path / 'set#level=2')[0].classes == ('cat', 'dog')
    with pytest.raises(FileNotFoundError):
        detect(f'{tmp_path}/nowhere#level=2')


WORD = st.sampled_from(
    ['images', 'part', 'batch', 'train', 'test', 'img', 'val', 'patient', 'split', 'data']
)


@settings(max_examples=40, deadline=None)
@given(
    st.text('abcxyz', max_size=4),
    WORD,
    st.sampled_from(['', '_', '-', ' ']),
    st.integers(0, 3),
    st.integers(2, 4),
)
def test_numbered_parts_are_never_classes(
    prefix: str, word: str, mark: str, pad: int, count: int
) -> None:
    names = [
        f'{prefix}{"_" if prefix else ""}{word}{mark}{number:0{pad}d}'
        for number in range(1, count + 1)
    ]
    assert called_like_parts(names) == names


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                'cat',
                'dog',
                'train',
                'boat',
                'class_1',
                'class_2',
                '0',
                '1',
                '17',
                'n01440764',
                'n01443537',
                'mask',
                'no_mask',
                'photo',
                'real',
                'fake',
                'normal',
                'COVID',
                'blue_jay',
                'Persian cat',
                '猫',
                'partridge',
                'testudo',
                'setter',
                'imagery',
            ]
        ),
        min_size=3,
        max_size=8,
        unique=True,
    )
)
def test_usual_names_of_classes_are_not_doubted(names: list[str]) -> None:
    assert called_like_parts(names) == []
