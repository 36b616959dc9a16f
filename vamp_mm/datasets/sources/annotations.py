"""Readers of official annotation files.

Every reader takes an :class:`~.official_files.OfficialFiles` and returns lists in file order, with
class names as the files spell them; the rules of :mod:`.class_names` make the benchmark's names.
"""

from __future__ import annotations

from ..errors import DataError
from ..splits import Item
from .class_names import ucf_action
from .official_files import Lists, OfficialFiles, fields, number


def oxford_pets(files: OfficialFiles) -> Lists:
    """``annotations/trainval.txt`` and ``test.txt``: image name, class number and two more numbers."""

    def read(name: str) -> list[Item]:
        items = []
        for line in files.lines(name):
            stem, label, *_ = fields(line, 2, name)
            items.append(Item(f'{stem}.jpg', number(label, name) - 1, stem.rpartition('_')[0]))
        return items

    return dict(trainval=read('annotations/trainval.txt'), test=read('annotations/test.txt'))


def stanford_cars(files: OfficialFiles) -> Lists:
    """The devkit's MATLAB files; paths begin with the folder of their part."""
    names = files.mat('devkit/cars_meta.mat', 'class_names')

    def read(name: str, folder: str) -> list[Item]:
        table = files.mat(name, 'annotations')
        items = []
        for file, index in zip(table['fname'], map(int, table['class']), strict=True):
            if not 1 <= index <= len(names):
                raise DataError(f'{name}: class {index} of {file} is not one of {len(names)}')
            items.append(Item(f'{folder}/{file}', index - 1, names[index - 1]))
        return items

    return dict(
        trainval=read('devkit/cars_train_annos.mat', 'cars_train'),
        test=read('cars_test_annos_withlabels.mat', 'cars_test'),
    )


def oxford_flowers(files: OfficialFiles) -> Lists:
    """``imagelabels.mat``, the label of every image in number order, and ``cat_to_name.json``."""
    names = files.json('cat_to_name.json')
    labels = [int(label) for label in files.mat('imagelabels.mat', 'labels')]
    unknown = sorted({label for label in labels if str(label) not in names})
    if unknown:
        raise DataError(f'cat_to_name.json has no name for the classes {unknown[:10]}')
    return dict(
        all=[
            Item(f'image_{index:05d}.jpg', label - 1, names[str(label)])
            for index, label in enumerate(labels, start=1)
        ]
    )


def sun397(files: OfficialFiles) -> Lists:
    """``Training_01.txt`` and ``Testing_01.txt``; labels are line numbers of ``ClassName.txt``."""
    classes = [line.lstrip('/') for line in files.lines('ClassName.txt')]
    labels = {name: label for label, name in enumerate(classes)}

    def read(name: str) -> list[Item]:
        label = files.labels_of(name, labels)
        paths = [line.lstrip('/') for line in files.lines(name)]
        folders = [path.rpartition('/')[0] for path in paths]
        return [
            Item(path, label(folder, path), folder)
            for path, folder in zip(paths, folders, strict=True)
        ]

    return dict(trainval=read('Training_01.txt'), test=read('Testing_01.txt'))


def ucf101(files: OfficialFiles) -> Lists:
    """``ucfTrainTestlist``: one video a line; its middle frame is the image."""
    folder = 'ucfTrainTestlist'
    labels = {}
    for line in files.lines(f'{folder}/classInd.txt'):
        index, action = fields(line, 2, f'{folder}/classInd.txt')[:2]
        labels[action] = number(index, f'{folder}/classInd.txt') - 1

    def read(name: str) -> list[Item]:
        label, items = files.labels_of(name, labels), []
        for line in files.lines(name):
            action, _, video = line.split()[0].partition('/')
            path = f'{ucf_action(action)}/{video.replace(".avi", ".jpg")}'
            items.append(Item(path, label(action, line), action))
        return items

    return dict(trainval=read(f'{folder}/trainlist01.txt'), test=read(f'{folder}/testlist01.txt'))


def fgvc_aircraft(files: OfficialFiles) -> Lists:
    """``images_variant_*.txt``, all three parts official; labels are line numbers of ``variants.txt``."""
    labels = {name: label for label, name in enumerate(files.lines('variants.txt'))}

    def read(part: str) -> list[Item]:
        name = f'images_variant_{part}.txt'
        label, items = files.labels_of(name, labels), []
        for line in files.lines(name):
            image, _, variant = line.partition(' ')
            items.append(Item(f'{image}.jpg', label(variant, line), variant))
        return items

    return dict(train=read('train'), val=read('val'), test=read('test'))
