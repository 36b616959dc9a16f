"""Small folders in the layout in which the datasets of the benchmark are published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import mat4py


def write(root: Path, name: str, lines: Sequence[str]) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(''.join(f'{line}\n' for line in lines), encoding='utf-8')


def touch(root: Path, *names: str) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b'')


def oxford_pets(root: Path, count: int = 10) -> None:
    breeds = ('Abyssinian', 'american_bulldog')
    rows = [
        f'{breed}_{n} {label} 1 1'
        for label, breed in enumerate(breeds, 1)
        for n in range(100, 100 + count)
    ]
    write(root, 'annotations/trainval.txt', rows)
    write(root, 'annotations/test.txt', ['Abyssinian_2 1 1 1', 'american_bulldog_3 2 2 1'])


def stanford_cars(root: Path) -> None:
    (root / 'devkit').mkdir(parents=True)
    names = ['AM General Hummer SUV 2000', 'Audi TTS Coupe 2012']
    classes = [2, 1] * 5
    mat4py.savemat(str(root / 'devkit/cars_meta.mat'), dict(class_names=names))
    for file, start in (
        ('devkit/cars_train_annos.mat', 1),
        ('cars_test_annos_withlabels.mat', 501),
    ):
        files = [f'{start + index:05d}.jpg' for index in range(len(classes))]
        mat4py.savemat(str(root / file), {'annotations': {'fname': files, 'class': classes}})


def oxford_flowers(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    mat4py.savemat(str(root / 'imagelabels.mat'), dict(labels=[2, 1] * 10))
    (root / 'cat_to_name.json').write_text(
        json.dumps({'1': 'pink primrose', '2': 'passion flower'})
    )


def sun397(root: Path) -> None:
    write(root, 'ClassName.txt', ['/a/abbey', '/a/athletic_field/outdoor'])
    for file, first in (('Training_01.txt', 0), ('Testing_01.txt', 10)):
        rows = [
            f'{name}/sun_{index}.jpg'
            for name in ('/a/abbey', '/a/athletic_field/outdoor')
            for index in range(first, first + 5)
        ]
        write(root, file, rows)


def ucf101(root: Path) -> None:
    write(root, 'ucfTrainTestlist/classInd.txt', ['1 YoYo', '2 HandstandPushups'])
    files = {'YoYo': 'v_YoYo', 'HandstandPushups': 'v_HandStandPushups'}
    rows = [
        f'{action}/{files[action]}_g08_c{index:02d}.avi' for action in files for index in range(5)
    ]
    write(
        root,
        'ucfTrainTestlist/trainlist01.txt',
        [f'{row} {1 + index // 5}' for index, row in enumerate(rows)],
    )
    write(root, 'ucfTrainTestlist/testlist01.txt', [row.replace('g08', 'g01') for row in rows])


def fgvc_aircraft(root: Path, classes: int = 100) -> None:
    variants = ['F-16A/B', 'Boeing 717', *(f'737-{index}' for index in range(classes - 2))]
    write(root, 'variants.txt', variants)
    for number, part in enumerate(('train', 'val', 'test')):
        write(
            root,
            f'images_variant_{part}.txt',
            [f'{number}{index:04d} {name}' for index, name in enumerate(variants)],
        )


def class_folders(root: Path, image_folder: str, names: Sequence[str], count: int = 10) -> None:
    touch(
        root / image_folder,
        *(f'{name}/{name}_{index}.jpg' for name in names for index in range(count)),
    )
    touch(
        root / image_folder,
        '.hidden/1.jpg',
        f'{names[0]}/.DS_Store',
        f'{names[0]}/readme.txt',
        'notes.txt',
    )
