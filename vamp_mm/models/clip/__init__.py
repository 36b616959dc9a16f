"""open_clip models: loading them, and running their towers with prompts between the blocks."""

from .architecture import EMBEDDED, embedded_architectures
from .loading import LoadedCLIP, load_clip
from .outline import CLIPOutline
from .text import TextTower
from .tokenize import PromptTokenizer
from .vision import VisionTower

__all__ = [
    'CLIPOutline',
    'EMBEDDED',
    'LoadedCLIP',
    'PromptTokenizer',
    'TextTower',
    'VisionTower',
    'embedded_architectures',
    'load_clip',
]
