"""Few-shot datasets, their split files, and image reading."""

from .class_batches import OneClassBatchSampler
from .few_shot import FewShotDataset
from .samplers import ProtocolBatchSampler
from .sampling import few_shot_part, few_shot_subset
from .splits import Item, Split, class_range, class_split, parse_split, read_split
from .transforms import LoadRGBImage, read_rgb

__all__ = [
    'FewShotDataset',
    'Item',
    'LoadRGBImage',
    'OneClassBatchSampler',
    'ProtocolBatchSampler',
    'Split',
    'class_range',
    'class_split',
    'few_shot_part',
    'few_shot_subset',
    'parse_split',
    'read_rgb',
    'read_split',
]
