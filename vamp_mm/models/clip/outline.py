"""The shape of a CLIP without its weights: enough to build a method's parts on, and to see what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vamp_mm.structures import TextPrompts

from .architecture import find_architecture
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
            find_tokenizer(architecture),
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
