from .class_batches import OneClassBatchSampler
from .class_splits import class_range, class_split
from .errors import DataError
from .few_shot import FewShotDataset
from .few_shot_wrapper import FewShotWrapper
from .image_cache import CacheState, ImageCache
from .read_once import reading_once
from .samplers import ProtocolBatchSampler
from .sampling import few_shot_part, few_shot_subset
from .sources import CATALOG, CatalogSource, SplitFile, SplitSource
from .split_reading import parse_split, read_split
from .splits import Item, Split, make_split
from .transforms import LoadRGBImage, read_rgb

__all__ = [
    'CATALOG',
    'CacheState',
    'CatalogSource',
    'DataError',
    'FewShotDataset',
    'FewShotWrapper',
    'ImageCache',
    'Item',
    'LoadRGBImage',
    'OneClassBatchSampler',
    'ProtocolBatchSampler',
    'Split',
    'SplitFile',
    'SplitSource',
    'class_range',
    'class_split',
    'few_shot_part',
    'few_shot_subset',
    'make_split',
    'parse_split',
    'read_rgb',
    'read_split',
    'reading_once',
]
