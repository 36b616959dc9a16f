"""The shape of a CLIP without its weights: enough to build a method's parts on, and to see what does not fit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import open_clip
import torch
from mmengine.logging import print_log
from torch import Tensor

from vamp_mm.structures import TextPrompts

from .architecture import Architecture, find_architecture
from .building import build_model, find_tokenizer
from .text import TextTower
from .tokenize import PromptTokenizer
from .vision import VisionTower


class CLIPOutline:
    """The towers of an architecture on torch's meta device: all shapes, no memory, no weight file.

    Args:
        arch: As :class:`~vamp_mm.models.PromptedCLIPBackbone` takes it, but not None.

    Raises:
        ValueError: If the architecture is unknown or cannot be prompted.
        FileNotFoundError: If it is a file that does not exist.
        TypeError: If a tower has no transformer blocks to prompt.
    """

    def __init__(self, arch: str) -> None:
        architecture = find_architecture(arch, wants_weights=False)
        with torch.device('meta'):
            model: Any = build_model(architecture, quick_gelu=False)
            self.vision = VisionTower(model.visual)
            self.text = TextTower(model)
        self.embed_dim: int = architecture.config['embed_dim']
        self.logit_scale = torch.ones((), device='cpu')
        self._tokenizer = PromptTokenizer(
            _tokenizer(architecture),
            self.text.context_length,
            self.text.pool,
            self.text.eos_id,
            self.text.causal,
        )

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width of the images in pixels."""
        return self.vision.image_size

    def tokenize(self, sentences: Sequence[str]) -> TextPrompts:
        """Token ids of C sentences, real ones on the CPU."""
        with torch.device('cpu'):
            return self._tokenizer(sentences)

    def embed(self, ids: Tensor) -> Tensor:
        """Token embeddings ``(..., W)`` of ids ``(...)``, as a shape."""
        return torch.empty(*ids.shape, self.text.width, device='meta')


def _tokenizer(architecture: Architecture) -> Callable[[list[str]], Tensor]:
    """The tokenizer, or OpenAI's in place of one that is not on this machine: shapes differ by its start token at most."""
    text = architecture.config.get('text_cfg', {})
    try:
        return find_tokenizer(architecture)
    except (ValueError, FileNotFoundError) as error:
        if not text.get('hf_tokenizer_name'):
            raise
        print_log(
            f"{error}. A training needs it; until then prompts are checked with the tokenizer of OpenAI's CLIP",
            'current',
            logging.WARNING,
        )
        return open_clip.SimpleTokenizer(context_length=text.get('context_length', 77))
