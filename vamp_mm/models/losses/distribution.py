"""Classification under a Gaussian of class weights (ProDA, Lu et al., CVPR 2022, eq. 9-12)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vamp_mm.arguments import NonNegative
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput

from .base import LossTerm


@MODELS.register_module()
class DistributionBound(LossTerm):
    """Cross-entropy with half the variance of each logit difference added: an upper bound of the expected loss.

    The weights of P prompts have the mean ``mu_c`` (not made unit length) and, per feature dimension, the covariance
    ``A_ij = 1/(P+1) sum_p (w_ip - mu_i)(w_jp - mu_j)``. For an image x with label y the logit of class j is
    ``s x.mu_j + s^2/2 sum_q x_q^2 (A_yy + A_jj - 2 A_yj)_q``, whose second part is 0 for j = y.

    Args:
        weight: Factor in the objective.
    """

    requires = frozenset({'target'})

    def __init__(self, weight: NonNegative = 1.0) -> None:
        super().__init__('bound', weight)

    def forward(self, output: PromptOutput) -> Tensor:
        """Mean over images."""
        assert output.logit_scale is not None
        assert output.target is not None
        logits = output.logits['class'].mean(dim=0)  # (N, C)
        spread = logit_variance(output.image[0], output.text[:, 0], output.target)
        return F.cross_entropy(logits + 0.5 * output.logit_scale.square() * spread, output.target)


def logit_variance(image: Tensor, text: Tensor, target: Tensor) -> Tensor:
    """Variance of the difference between each class's cosine and the true class's, over a Gaussian of weights.

    The covariance, ``D C^2`` numbers, is never formed: with ``D_cp = w_cp - mu_c`` the variance is
    ``1/(P+1) sum_p || x * (D_yp - D_jp) ||^2``, whose square is multiplied out into matrix products.

    Args:
        image: ``(N, D)`` unit features.
        text: ``(P, C, D)`` unit features.
        target: ``(N,)`` labels.

    Returns:
        ``(N, C)``, 0 at the target up to rounding.
    """
    with torch.autocast(image.device.type, enabled=False):
        delta = text - text.mean(dim=0)  # (P, C, D)
        power = image.square()  # (N, D)
        own = delta[:, target]  # (P, N, D)
        of_class = power @ delta.square().sum(dim=0).T  # (N, C)
        of_own = of_class.gather(1, target[:, None])  # (N, 1)
        cross = ((power * own) @ delta.transpose(1, 2)).sum(dim=0)  # (N, C)
        return (of_own + of_class - 2 * cross) / (len(text) + 1)


@MODELS.register_module()
class ContextOrthogonality(LossTerm):
    """Mean absolute cosine between the text features of different contexts without a class name (eq. 13).

    Args:
        weight: Factor in the objective (lambda, 0.1 in the paper).
    """

    requires = frozenset({'context_text'})
    provider = 'a PromptCollection'

    def __init__(self, weight: NonNegative = 0.1) -> None:
        super().__init__('orthogonality', weight)

    def forward(self, output: PromptOutput) -> Tensor:
        """Mean over ordered pairs of contexts."""
        features = output.extra['context_text'].flatten(0, -2)  # (K, D)
        cosines = features @ features.T
        count = len(features)
        return (cosines.abs().sum() - cosines.diagonal().abs().sum()) / (count * (count - 1))
