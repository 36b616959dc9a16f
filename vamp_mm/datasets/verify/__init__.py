"""What can be wrong with a dataset on disk, and what to do about it."""

from .files import check_files, listed_files
from .findings import ERROR, NOTE, WARNING, Finding
from .images import ImageFacts, check_images, look_at
from .lists import check_counts, check_digests, check_shots, count_table

__all__ = [
    'ERROR',
    'NOTE',
    'WARNING',
    'Finding',
    'ImageFacts',
    'check_counts',
    'check_digests',
    'check_files',
    'check_images',
    'check_shots',
    'count_table',
    'listed_files',
    'look_at',
]
