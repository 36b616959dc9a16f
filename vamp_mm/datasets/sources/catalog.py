"""The fifteen datasets of the benchmark and the embedded one, one row each.

Layout, class names and counts follow the data loaders of CoOp (Zhou et al. 2022) and its followers, which
agree with each other.
"""

from __future__ import annotations

import difflib

from ..errors import DataError
from . import annotations as official
from . import class_names, folders
from .catalog_fields import CatalogRow, Counts

#: Names that ImageNet has twice: labels 657 and 744, 836 and 837.
_IMAGENET_TWICE = ('missile', 'sunglasses')


_ROWS = (
    CatalogRow(
        'imagenet',
        'ImageNet',
        'imagenet',
        'images',
        Counts(1000, 1281167, 50000, 50000),
        Counts(500, None, None, 25000),
        Counts(500, None, None, 25000),
        reader=folders.imagenet,
        val_is_test=True,
        homonyms=_IMAGENET_TWICE,
    ),
    CatalogRow(
        'caltech101',
        'Caltech101',
        'caltech-101',
        '101_ObjectCategories',
        Counts(100, 4128, 1649, 2465),
        Counts(50, 2594, 1036, 1549),
        Counts(50, 1534, 613, 916),
        reader=folders.caltech101,
        class_name=class_names.caltech,
        split_file='split_zhou_Caltech101.json',
        regenerates=True,
        digests=('bb44032a66f97ea6', 'e5b9bcfd6d3446de', 'c8a3b6e69a2a986b'),
    ),
    CatalogRow(
        'oxford_pets',
        'OxfordPets',
        'oxford_pets',
        'images',
        Counts(37, 2944, 736, 3669),
        Counts(19, 1508, 377, 1881),
        Counts(18, 1436, 359, 1788),
        reader=official.oxford_pets,
        class_name=class_names.pet_breed,
        split_file='split_zhou_OxfordPets.json',
        regenerates=True,
        digests=('6001ae68a2e1c3ba', '1d0c5c7fe1f9e6e2', 'd1d6b313144e9a7f'),
        template='a photo of a {}, a type of pet.',
    ),
    CatalogRow(
        'stanford_cars',
        'StanfordCars',
        'stanford_cars',
        '',  # the paths of its lists begin with cars_train/ or cars_test/
        Counts(196, 6509, 1635, 8041),
        Counts(98, 3240, 812, 4002),
        Counts(98, 3269, 823, 4039),
        reader=official.stanford_cars,
        class_name=class_names.car_model,
        split_file='split_zhou_StanfordCars.json',
        regenerates=True,
        digests=('8927e8789e7f27f8', '1fe8535f7d768a27', 'fef336b328c54c37'),
    ),
    CatalogRow(
        'oxford_flowers',
        'Flowers102',
        'oxford_flowers',
        'jpg',
        Counts(102, 4093, 1633, 2463),
        Counts(51, 1744, 696, 1053),
        Counts(51, 2349, 937, 1410),
        reader=official.oxford_flowers,
        split_file='split_zhou_OxfordFlowers.json',
        regenerates=True,
        digests=('0fd7f6961b933add', '61d14ce54f1b18eb', '36cd6ac167f066d6'),
        template='a photo of a {}, a type of flower.',
    ),
    CatalogRow(
        'food101',
        'Food101',
        'food-101',
        'images',
        Counts(101, 50500, 20200, 30300),
        Counts(51, 25500, 10200, 15300),
        Counts(50, 25000, 10000, 15000),
        reader=folders.class_folders,
        split_file='split_zhou_Food101.json',
        template='a photo of {}, a type of food.',
    ),
    CatalogRow(
        'fgvc_aircraft',
        'FGVCAircraft',
        'fgvc_aircraft',
        'images',
        Counts(100, 3334, 3333, 3333),
        Counts(50, None, None, 1666),
        Counts(50, None, None, 1667),
        reader=official.fgvc_aircraft,
        template='a photo of a {}, a type of aircraft.',
    ),
    CatalogRow(
        'sun397',
        'SUN397',
        'sun397',
        'SUN397',
        Counts(397, 15880, 3970, 19850),
        Counts(199, 7960, 1990, 9950),
        Counts(198, 7920, 1980, 9900),
        reader=official.sun397,
        class_name=class_names.sun_scene,
        split_file='split_zhou_SUN397.json',
        regenerates=True,
        digests=('ec0018cca753324f', 'b13646a311199500', ''),
    ),
    CatalogRow(
        'dtd',
        'DTD',
        'dtd',
        'images',
        Counts(47, 2820, 1128, 1692),
        Counts(24, 1440, 576, 864),
        Counts(23, 1380, 552, 828),
        reader=folders.class_folders,
        split_file='split_zhou_DescribableTextures.json',
        digests=('6785d30758056b55', 'ad2d3dfabd361297', 'cca89a4d569d7133'),
        template='{} texture.',
    ),
    CatalogRow(
        'eurosat',
        'EuroSAT',
        'eurosat',
        '2750',
        Counts(10, 13500, 5400, 8100),
        Counts(5, 7000, 2800, 4200),
        Counts(5, 6500, 2600, 3900),
        reader=folders.class_folders,
        class_name=class_names.eurosat,
        split_file='split_zhou_EuroSAT.json',
        digests=('d3ce9f7baa9c314d', '603b3d1fdac79d53', '8a01d744ade4dab6'),
        template='a centered satellite photo of {}.',
    ),
    CatalogRow(
        'ucf101',
        'UCF101',
        'ucf101',
        'UCF-101-midframes',
        Counts(101, 7639, 1898, 3783),
        Counts(51, 3926, 975, 1934),
        Counts(50, 3713, 923, 1849),
        reader=official.ucf101,
        class_name=class_names.ucf_action,
        split_file='split_zhou_UCF101.json',
        regenerates=True,
        digests=('20f6b3c2c0966426', '3a9bf1c0ded3f373', 'd5f6abcc6d211fdc'),
        template='a photo of a person doing {}.',
    ),
    CatalogRow(
        'imagenetv2',
        'ImageNetV2',
        'imagenetv2',
        'imagenetv2-matched-frequency-format-val',
        Counts(1000, None, None, 10000),
        reader=folders.imagenet_v2,
        homonyms=_IMAGENET_TWICE,
    ),
    CatalogRow(
        'imagenet_sketch',
        'ImageNet-Sketch',
        'imagenet-sketch',
        'images',
        Counts(1000, None, None, 50889),
        reader=folders.imagenet_variant,
        homonyms=_IMAGENET_TWICE,
    ),
    CatalogRow(
        'imagenet_a',
        'ImageNet-A',
        'imagenet-adversarial',
        'imagenet-a',
        Counts(200, None, None, 7500),
        reader=folders.imagenet_variant,
        homonyms=_IMAGENET_TWICE,
    ),
    CatalogRow(
        'imagenet_r',
        'ImageNet-R',
        'imagenet-rendition',
        'imagenet-r',
        Counts(200, None, None, 30000),
        reader=folders.imagenet_variant,
        homonyms=_IMAGENET_TWICE,
    ),
    CatalogRow(
        'icons',
        'embedded icons',
        'icons',
        'images',
        Counts(50, 1200, 400, 1500),
        Counts(25, 600, 200, 750),
        Counts(25, 600, 200, 750),
        split_file='split_icons.json',
        template='a drawing of a {}.',
        how='Build the benchmark with: vamp_mm build-icons',
    ),
)

#: Name -> row, in the order of the papers' tables, the variants of ImageNet last.
CATALOG = {row.name: row for row in _ROWS}


def catalog_row(name: str) -> CatalogRow:
    """The row of a dataset.

    Args:
        name: Its name.

    Returns:
        The row.

    Raises:
        DataError: If there is no such row.
    """
    if name in CATALOG:
        return CATALOG[name]
    near = difflib.get_close_matches(str(name).lower(), CATALOG, n=1)
    raise DataError(
        f'dataset {name!r} is not in the catalog; '
        f'{f"did you mean {near[0]!r}? It" if near else "it"} holds {", ".join(CATALOG)}'
    )
