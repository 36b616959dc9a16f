"""The interface of a prompter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from vamp_mm.structures import PromptContext, PromptPlan, TextPrompts, Vocabulary


class TextEncoder(Protocol):
    """What a prompter may ask of the backbone."""

    def tokenize(self, sentences: Sequence[str]) -> TextPrompts:
        """Token ids of C sentences."""

    def embed(self, ids: Tensor) -> Tensor:
        """Token embeddings ``(..., W)`` of ids ``(...)``."""


class BasePrompter(nn.Module, ABC):
    """Makes the plan of one forward pass; owns what a method learns on the input side.

    Everything that derives from class names is made in :meth:`bind` and kept out of checkpoints, so the same weights answer
    about any list of names.
    """

    #: What the prompter looks at: any of ``'image'`` and ``'text'`` (features of the frozen CLIP) and ``'target'``
    #: (labels, in training).
    requires: frozenset[str] = frozenset()
    #: What plans carry for loss terms: ``'latent'``, or names of their ``extra`` plans.
    provides: frozenset[str] = frozenset()
    #: Whether the prompter learns anything. If it does not and the head has no losses, a config is only tested.
    trains: bool = True
    #: The lowest vision layer that any plan of this prompter edits; None if it leaves the vision tower alone.
    first_vision_layer: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self._prompts: TextPrompts | None = None
        self._templates = 1

    def bind(self, clip: TextEncoder, vocabulary: Vocabulary) -> None:
        """Take up a vocabulary: tokenise its sentences, template by template.

        Args:
            clip: The backbone.
            vocabulary: Class names and templates.

        Raises:
            ValueError: If a sentence is longer than the text tower's context.
        """
        sentences = self.sentences(vocabulary)
        self._prompts = clip.tokenize([sentence for group in sentences for sentence in group])
        self._templates = len(sentences)

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """One tuple of C sentences per template; by default the vocabulary's own."""
        return vocabulary.sentences

    @property
    def prompts(self) -> TextPrompts:
        """The tokenised sentences.

        Raises:
            RuntimeError: If no vocabulary is bound yet.
        """
        if self._prompts is None:
            raise RuntimeError(
                "the model has no vocabulary yet; add custom_hooks=[dict(type='vamp_mm.VocabularyHook')], "
                'give the model vocabulary=dict(names=[...]), or call set_vocabulary'
            )
        return self._prompts

    def word_tokens(self) -> dict[str, Tensor]:
        """Learned text tokens that stand among the word embeddings, before block 0.

        Returns:
            What they are -> ``(M, W)``; empty for methods whose tokens all enter elsewhere.
        """
        return {}

    @abstractmethod
    def forward(self, context: PromptContext) -> PromptPlan:
        """The plan for one batch."""
