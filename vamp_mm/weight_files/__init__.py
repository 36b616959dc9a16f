"""Files of weights: what they are, and reading them without trusting them.

One place for checkpoints, pretrained weights and checkpoints of original implementations.
"""

from .archive import Content, damaged, nothing_ignored, read_archive
from .comparing import differences, listed, same_kind
from .errors import CheckpointError
from .file_kinds import LEGACY, SAFETENSORS, TORCH, TORCHSCRIPT, kind_of
from .layouts import WRAPPERS, find_state_dict, without_wrappers
from .reading import Weights, read_weights
from .strict import check_state_dict

__all__ = [
    'LEGACY', 'SAFETENSORS', 'TORCH', 'TORCHSCRIPT', 'WRAPPERS', 'CheckpointError', 'Content', 'Weights', 'check_state_dict',
    'damaged',
    'differences', 'find_state_dict', 'kind_of', 'listed', 'nothing_ignored', 'read_archive', 'read_weights', 'same_kind',
    'without_wrappers'
]  # fmt: skip
