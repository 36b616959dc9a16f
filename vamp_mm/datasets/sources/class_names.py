"""From the names in official files and folders to the class names of the benchmark.

Underscores stay: prompts show them as blanks.
"""

from __future__ import annotations

import re

_CALTECH = dict(airplanes='airplane', Faces='face', Leopards='leopard', Motorbikes='motorbike')
_EUROSAT = dict(
    AnnualCrop='Annual Crop Land',
    Forest='Forest',
    HerbaceousVegetation='Herbaceous Vegetation Land',
    Highway='Highway or Road',
    Industrial='Industrial Buildings',
    Pasture='Pasture Land',
    PermanentCrop='Permanent Crop Land',
    Residential='Residential Buildings',
    River='River',
    SeaLake='Sea or Lake',
)


def as_it_is(name: str) -> str:
    """The name of the folder or file."""
    return name


def caltech(folder: str) -> str:
    """Four folders have other names than their classes."""
    return _CALTECH.get(folder, folder)


def eurosat(folder: str) -> str:
    """Land use in words."""
    return _EUROSAT.get(folder, folder)


def pet_breed(stem: str) -> str:
    """Lower case: ``Abyssinian`` -> ``abyssinian``."""
    return stem.lower()


def car_model(name: str) -> str:
    """The year first: ``Audi TTS Coupe 2012`` -> ``2012 Audi TTS Coupe``."""
    rest, _, year = name.rpartition(' ')
    return f'{year} {rest}'


def sun_scene(folder: str) -> str:
    """Parts after the letter, reversed: ``a/athletic_field/outdoor`` -> ``outdoor athletic_field``."""
    return ' '.join(reversed(folder.split('/')[1:]))


def ucf_action(action: str) -> str:
    """Cut before every capital: ``HandstandPushups`` -> ``Handstand_Pushups``."""
    return '_'.join(re.findall('[A-Z][^A-Z]*', action))
