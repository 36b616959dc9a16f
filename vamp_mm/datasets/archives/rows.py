"""What each dataset is downloaded as, and where its parts belong: one row per file.

MD5 sums are those that torchvision 0.29 checks for the same files; None means that none is known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

_COOP = 'https://github.com/KaiyangZhou/CoOp/blob/main/DATASETS.md'
_VGG = 'https://www.robots.ox.ac.uk/~vgg/data'
_CARS = 'https://ai.stanford.edu/~jkrause/cars/car_dataset.html (or a mirror; same file names)'
_SUN = 'https://vision.princeton.edu/projects/2010/SUN'
_ILSVRC = 'https://image-net.org/challenges/LSVRC/2012/2012-downloads.php (needs an account)'


class Take(NamedTuple):
    """A folder or file of an archive, wherever in the archive it lies, and its place below the dataset's folder.

    An empty ``source`` is all of the archive, an empty ``to`` the dataset's folder itself.
    """

    source: str
    to: str


@dataclass(frozen=True)
class Archive:
    """One file that users download.

    Args:
        names: File names that it goes by; the first is the official one.
        takes: What is taken out of it. For a file that is not an archive: one take without source.
        where: Where it can be downloaded.
        md5: Known MD5 sums, one per name; None where not known.
        inner: Archives inside the archive: ``'*.tar'`` has each unpacked into a folder of its own name, another name has
            that one unpacked in its place.
        needed: Whether there is no dataset without it.
        validation: Whether it holds the flat validation images of ImageNet, to be sorted into class folders.
    """

    names: tuple[str, ...]
    takes: tuple[Take, ...]
    where: str
    md5: tuple[str | None, ...] = ()
    inner: str | None = None
    needed: bool = True
    validation: bool = False


def _whole(
    name: str, folder: str, where: str, md5: str | None = None, to: str | None = None
) -> Archive:
    """An archive of which one folder is taken."""
    return Archive((name,), (Take(folder, folder if to is None else to),), where, (md5,))


def _file(name: str, where: str, md5: str | None = None, needed: bool = True) -> Archive:
    """A file that is put into the dataset's folder as it is."""
    return Archive((name,), (Take('', name),), where, (md5,), needed=needed)


#: Dataset of the catalog -> its files. Split files come on top, by the catalog's names.
ARCHIVES: dict[str, tuple[Archive, ...]] = {
    'imagenet': (
        Archive(
            ('ILSVRC2012_img_train.tar',),
            (Take('', 'images/train'),),
            _ILSVRC,
            ('1d675b47d978889d74fa0da5fadfb00e',),
            inner='*.tar',
        ),
        Archive(
            ('ILSVRC2012_img_val.tar',),
            (Take('', 'images/val'),),
            _ILSVRC,
            ('29b22e2961454d5413ddabcf34fc5622',),
            validation=True,
        ),
    ),
    'caltech101': (
        Archive(
            ('caltech-101.zip', '101_ObjectCategories.tar.gz'),
            (Take('101_ObjectCategories', '101_ObjectCategories'),),
            'https://data.caltech.edu/records/mzrjq-6wc02',
            ('3138e1922a9193bfa496528edbbc45d0', None),
            inner='101_ObjectCategories.tar.gz',
        ),
    ),
    'oxford_pets': (
        _whole('images.tar.gz', 'images', f'{_VGG}/pets/', '5c4f3ee8e5d25df40f4fd59a7f44e54c'),
        _whole(
            'annotations.tar.gz', 'annotations', f'{_VGG}/pets/', '95a8c909bbe2e81eed6a22bccdf3f68f'
        ),
    ),
    'stanford_cars': (
        _whole('cars_train.tgz', 'cars_train', _CARS),
        _whole('cars_test.tgz', 'cars_test', _CARS),
        _whole('car_devkit.tgz', 'devkit', _CARS),
        _file('cars_test_annos_withlabels.mat', _CARS),
    ),
    'oxford_flowers': (
        _whole('102flowers.tgz', 'jpg', f'{_VGG}/flowers/102/', '52808999861908f626f3c1f4e79d11fa'),
        _file('imagelabels.mat', f'{_VGG}/flowers/102/', 'e0620be6f572b9609742df49c70aed4d'),
        _file('cat_to_name.json', f'{_COOP}#flowers102', needed=False),
    ),
    'food101': (
        Archive(
            ('food-101.tar.gz',),
            (Take('images', 'images'), Take('meta', 'meta')),
            'https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/',
            ('85eeb15f3717b99a5da872d97d918f87',),
        ),
    ),
    'fgvc_aircraft': (
        _whole('fgvc-aircraft-2013b.tar.gz', 'data', f'{_VGG}/fgvc-aircraft/', to=''),
    ),
    'sun397': (
        _whole('SUN397.tar.gz', 'SUN397', _SUN, '8ca2778205c41d23104230ba66911c7a'),
        Archive(
            ('Partitions.zip',),
            tuple(
                Take(name, name) for name in ('ClassName.txt', 'Training_01.txt', 'Testing_01.txt')
            ),
            _SUN,
        ),
    ),
    'dtd': (
        Archive(
            ('dtd-r1.0.1.tar.gz',),
            tuple(Take(name, name) for name in ('images', 'imdb', 'labels')),
            f'{_VGG}/dtd/',
            ('fff73e5086ae6bdbea199a49dfb8a4c1',),
        ),
    ),
    'eurosat': (
        Archive(
            ('EuroSAT.zip', 'EuroSAT_RGB.zip'),
            (Take('2750', '2750'), Take('EuroSAT_RGB', '2750')),
            'https://zenodo.org/records/7711810',
            ('c8fa014336c82ac7804f0398fcb19387', None),
        ),
    ),
    'ucf101': (
        _whole('UCF-101-midframes.zip', 'UCF-101-midframes', f'{_COOP}#ucf101'),
        Archive(
            ('UCF101TrainTestSplits-RecognitionTask.zip',),
            (Take('ucfTrainTestlist', 'ucfTrainTestlist'),),
            'https://www.crcv.ucf.edu/data/UCF101.php',
            needed=False,
        ),
    ),
    'imagenetv2': (
        _whole(
            'imagenetv2-matched-frequency.tar.gz',
            'imagenetv2-matched-frequency-format-val',
            'https://imagenetv2.org (test set MatchedFrequency)',
        ),
    ),
    'imagenet_sketch': (
        _whole(
            'ImageNet-Sketch.zip',
            'sketch',
            'https://github.com/HaohanWang/ImageNet-Sketch',
            to='images',
        ),
    ),
    'imagenet_a': (
        _whole('imagenet-a.tar', 'imagenet-a', 'https://github.com/hendrycks/natural-adv-examples'),
    ),
    'imagenet_r': (
        _whole('imagenet-r.tar', 'imagenet-r', 'https://github.com/hendrycks/imagenet-r'),
    ),
}
