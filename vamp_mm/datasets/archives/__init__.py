"""From the archives that a dataset is published as to the layout of the benchmark."""

from .reading import Member, members
from .rows import ARCHIVES, Archive, Take
from .unpack import locate, md5_of, place, unpack

__all__ = [
    'ARCHIVES',
    'Archive',
    'Member',
    'Take',
    'locate',
    'md5_of',
    'members',
    'place',
    'unpack',
]
