"""What a prompter may look at when it makes its plan."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class PromptContext:
    """Inputs of one forward pass, only those that the prompter's ``requires`` names.

    Args:
        image: ``(N, D)`` features of the frozen, unprompted CLIP, not normalised (``'image'``).
        text: ``(C, D)`` unit text features of the frozen CLIP (``'text'``).
        target: ``(N,)`` labels, only while training (``'target'``).
        mean: Whether a variational prompter plans its posterior mean in place of samples.
    """

    image: Tensor | None = None
    text: Tensor | None = None
    target: Tensor | None = None
    mean: bool = False
