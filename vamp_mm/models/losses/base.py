"""The interface of a loss term."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from vamp_mm.structures import PromptOutput


class LossTerm(nn.Module, ABC):
    """One term of an objective, logged as ``loss_<name>`` after weighting.

    Args:
        name: What the term is logged under.
        weight: Factor in the objective.

    Raises:
        ValueError: If the weight is negative.
    """

    #: What the term reads besides logits and features: any of ``'target'``, ``'teacher_image'``, ``'teacher_text'``,
    #: ``'teacher_logits'``, and what a prompter ``provides``: ``'latent'``, ``'context_text'``, ...
    requires: frozenset[str] = frozenset()
    #: For the error message: what to use where the prompter does not provide what the term requires.
    provider: str = 'a prompter that provides it'
    #: Whether the term is not added to the objective but guides its gradient; logged as ``guide_<name>``.
    guide = False

    def __init__(self, name: str, weight: float = 1.0) -> None:
        super().__init__()
        if weight < 0:
            raise ValueError(f'weight={weight} of the loss term {name!r} must not be negative')
        self.name = name
        self.weight = weight

    @abstractmethod
    def forward(self, output: PromptOutput) -> Tensor:
        """Compute the unweighted term.

        Args:
            output: What the head computed; what :attr:`requires` names is not None.

        Returns:
            A scalar.
        """
