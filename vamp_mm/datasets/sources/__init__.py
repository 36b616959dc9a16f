"""Where the lists of a dataset come from: split files, the benchmark's catalog."""

from .base import SplitSource, build_source
from .catalog import CATALOG, CatalogRow, Counts, catalog_row
from .catalog_source import CatalogSource
from .split_file import SplitFile

__all__ = [
    'CATALOG',
    'CatalogRow',
    'CatalogSource',
    'Counts',
    'SplitFile',
    'SplitSource',
    'build_source',
    'catalog_row',
]
