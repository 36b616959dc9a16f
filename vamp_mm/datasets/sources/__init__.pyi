from .base import SplitSource, build_source
from .catalog import CATALOG, catalog_row
from .catalog_fields import CatalogRow, Counts
from .catalog_source import CatalogSource
from .image_folder import ImageFolder
from .split_file import SplitFile
from .table import AnnotationTable

__all__ = [
    'AnnotationTable',
    'CATALOG',
    'CatalogRow',
    'CatalogSource',
    'Counts',
    'ImageFolder',
    'SplitFile',
    'SplitSource',
    'build_source',
    'catalog_row',
]
